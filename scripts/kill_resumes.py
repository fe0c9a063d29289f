#!/usr/bin/env python3
"""Kills training runs at random moments and resumes them: the model must have the bytes of a run that was not killed.

With backend packed each start gets another number of threads; with blas all have the same.

usage: kill_resumes.py GRADMILL [KILLS [SEED [FOLDER]]]
       (default 300 kills, some minutes, so that a test does only a few; FOLDER: IDX files such as those of Fashion-MNIST,
       in place of small data)
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

SMALL = ["--layers", "2,64,64,2", "--batch", "16", "--epochs", "400"]
LARGE = ["--layers", "784,256,10", "--batch", "128", "--epochs", "3"]

# What is different in the recipes: all that a run has to remember.
RECIPES = {
    "adam": [],
    "sgd": ["--optimizer", "sgd", "--schedule", "constant"],
    "momentum, patience": ["--optimizer", "momentum", "--rate", "0.02", "--patience", "300", "--monitor", "loss"],
    "nesterov, f64, clipped": ["--optimizer", "nesterov", "--rate", "0.02", "--precision", "f64", "--clip-norm", "1"],
    "adamw, last epoch": ["--optimizer", "adamw", "--keep", "last", "--schedule", "linear"],
    "rmsprop, plateau, warm-up, smoothed labels": [
        "--optimizer", "rmsprop", "--schedule", "plateau", "--schedule-every", "2", "--schedule-factor", "0.8",
        "--warmup", "1.5", "--label-smoothing", "0.1"],
    "adagrad, one cycle": ["--optimizer", "adagrad", "--schedule", "one-cycle"],
    "no validation": ["--valid-share", "0"],
    "dropout": ["--dropout", "0.3"],
    "averaged weights": ["--ema", "0.99"],
    "accumulated": ["--accumulate", "5", "--optimizer", "momentum", "--rate", "0.05"],
    "dropout, averaged weights, accumulated, clipped, plateau, patience": [
        "--dropout", "0.1", "--ema", "0.95", "--accumulate", "3", "--clip-norm", "0.5", "--schedule", "plateau",
        "--schedule-every", "5", "--patience", "300", "--monitor", "loss"],
    "blas": ["--backend", "blas", "--threads", "1"],
}


def command(gradmill, recipe, chance, *more):
    """The options of a start; --threads is another one each time, if the recipe does not name it."""
    threads = [] if "--threads" in RECIPES[recipe] else ["--threads", str(chance.randint(1, 2))]
    return [gradmill, "train", "--quiet", *threads, *more]


def run(arguments, seconds=None):
    """Runs to the end, or kills after so many seconds; whether it was killed."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, text = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    if process.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: exit code {process.returncode}\n{text.decode()}")
    return False


def content(path):
    with open(path, "rb") as file:
        return file.read()


def one_run(gradmill, recipe, options, chance, whole):
    """Trains in pieces until the run has come to its end; how often it was killed, and how often it was resumed."""
    begin = ["--save", "m", "--checkpoint", "c", "--checkpoint-minutes", "0.001", *options, *RECIPES[recipe]]
    kills = resumed = 0
    for name in ("m", "c"):
        if os.path.exists(name):
            os.remove(name)
    while True:
        going_on = os.path.exists("c")
        resumed += going_on
        more = ["--resume", "c"] if going_on else begin
        if not run(command(gradmill, recipe, chance, *more), 0.02 + whole * chance.random()):
            return kills, resumed
        kills += 1


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    gradmill = os.path.abspath(sys.argv[1])
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    folder = sys.argv[4] if len(sys.argv) > 4 else None
    moons = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "moons.csv")
    options = ["--data", folder, *LARGE] if folder else ["--data", moons, *SMALL]
    kills = resumed = runs = 0
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        names = list(RECIPES)
        while kills < wanted:
            recipe = names[runs % len(names)]
            begun = time.monotonic()
            run(command(gradmill, recipe, chance, "--save", "whole", *options, *RECIPES[recipe]))
            whole = time.monotonic() - begun
            some, times = one_run(gradmill, recipe, options, chance, whole)
            if content("m") != content("whole"):
                sys.exit(f"{recipe}: another model after {some} kills; seed {sys.argv[3:4] or 1}")
            kills, resumed, runs = kills + some, resumed + times, runs + 1
        os.chdir("/")
    print(f"{kills} kills, {resumed} resumed, in {runs} runs of {min(runs, len(RECIPES))} recipes: "
          "every model has the bytes of a run that was not killed")
    return 0 if resumed > wanted // 5 else "killed too early to say anything"


signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
