#!/usr/bin/env python3
"""Kills training runs at random moments and resumes them: the model must have the bytes of a run that was not killed.

With backend packed each start gets another number of threads; with blas all have the same. 300 kills take some minutes,
so that a test does only a few.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

SMALL, SMALL_EPOCHS = ["--layers", "2,64,64,2", "--batch", "16"], 400
LARGE, LARGE_EPOCHS = ["--layers", "784,256,10", "--batch", "128"], 3

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
    "weighted classes, accumulated": ["--class-weight", "balanced", "--accumulate", "2"],
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


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gradmill", help="the command")
    parser.add_argument("kills", nargs="?", type=int, default=300, help="go on until there were so many (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the threads (default 1)")
    parser.add_argument("--data", metavar="FOLDER", help="IDX files such as those of Fashion-MNIST, in place of small data")
    parser.add_argument("--epochs", type=int, help=f"of a run (default {SMALL_EPOCHS}; with --data {LARGE_EPOCHS})")
    return parser.parse_args()


def options_of(given):
    """What all recipes have in common."""
    moons = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "moons.csv")
    if given.data:
        return ["--data", given.data, *LARGE, "--epochs", str(given.epochs or LARGE_EPOCHS)]
    return ["--data", moons, *SMALL, "--epochs", str(given.epochs or SMALL_EPOCHS)]


def main():
    given = arguments()
    gradmill, wanted, options = os.path.abspath(given.gradmill), given.kills, options_of(given)
    chance = random.Random(given.seed)
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
                sys.exit(f"{recipe}: another model after {some} kills; seed {given.seed}")
            kills, resumed, runs = kills + some, resumed + times, runs + 1
        os.chdir("/")
    print(f"{kills} kills, {resumed} resumed, in {runs} runs of {min(runs, len(RECIPES))} recipes: "
          "every model has the bytes of a run that was not killed")
    return 0 if resumed > wanted // 5 else "killed too early to say anything"


signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
