#!/usr/bin/env python3
"""Compares initial weights of gradmill: scores on rows held out, over several sets, recipes and seeds. The default of
--init was chosen by it.

The sets are the small ones of quality.py and two of scikit-learn's generators: make_friedman1 (numbers) and make_moons. The
recipes are the set's own (Adam), the same with momentum, six hidden layers of 64 units with Adam, and gradmill's bare
defaults. Each seed divides the rows anew. Prints a table in Markdown: the median score of each choice, accuracies or R^2 in
percent. Takes about ten minutes. Needs python3-sklearn and python3-torch.
"""
import argparse
import os
import shutil
import statistics
import sys
import tempfile

import quality
from quality_common import run
from sklearn import datasets

quality.SETS["moons"] = (lambda: datasets.make_moons(1000, noise=0.25, random_state=1), [32], 32, 40, 0.002)
quality.SETS["friedman"] = (lambda: datasets.make_friedman1(2000, 10, noise=1.0, random_state=1), [64], 32, 30, 0.002)
quality.NUMBERS.add("friedman")
SETS = ["iris", "wine", "breast cancer", "diabetes", "moons", "friedman", "digits"]


def recipes(rows, name):
    hidden, batch, epochs, rate = quality.SETS[name][1:]

    def recipe(widths, optimizer, speed):
        layers = ",".join(map(str, [rows.x.shape[1], *widths, rows.outputs()]))
        return ["--layers", layers, "--batch", batch, "--epochs", epochs, "--optimizer", optimizer, "--rate", speed,
                "--schedule", "constant", "--valid-share", 0, "--scaling", "none"]

    return {"adam": recipe(hidden, "adam", rate), "momentum": recipe(hidden, "momentum", 0.02),
            "six layers": recipe([64] * 6, "adam", rate), "defaults": []}


def score(command, rows, seed, options):
    kind = ["--regression"] if rows.regression else []
    run(command, "train", "--data", "train.csv", "--header", "no", "--seed", seed, "--threads", 1, "--save", "model", "--quiet",
        *kind, *options)
    said = run(command, "predict", "--model", "model", "--data", "test.csv", "--header", "no", "--threads", 1)
    return rows.score([float(line) if rows.regression else int(line) for line in said.split()[1:]])


def compare(command, name, seeds, inits):
    """The median score of each recipe and each choice of initial weights."""
    scores = {}
    for seed in range(1, seeds + 1):
        rows = quality.divide(name, seed)
        quality.write_csv("train.csv", rows.x, rows.y.tolist())
        quality.write_csv("test.csv", rows.test_x, rows.test_y.tolist())
        for recipe, options in recipes(rows, name).items():
            for init in inits:
                found = score(command, rows, seed, [*options, "--init", init])
                scores.setdefault(recipe, {}).setdefault(init, []).append(found)
    return {recipe: [statistics.median(of[init]) for init in inits] for recipe, of in scores.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gradmill", help="the command")
    parser.add_argument("--seeds", type=int, default=10, help="seeds of each set (default 10)")
    parser.add_argument("--sets", default=",".join(SETS), help="names of sets, with commas between them (default: all)")
    parser.add_argument("--inits", default="he-normal,torch,xavier-uniform,lecun-uniform",
                        help="values of --init, with commas between them")
    given = parser.parse_args()
    command, inits = os.path.abspath(shutil.which(given.gradmill) or given.gradmill), given.inits.split(",")
    unknown = set(given.sets.split(",")) - set(SETS)
    if unknown:
        sys.exit(f"initial_weights.py: no set {sorted(unknown)}; expected some of {', '.join(SETS)}")
    print(f"| set | recipe | {' | '.join(inits)} |\n|---|---|{'---|' * len(inits)}")
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for name in given.sets.split(","):
            for recipe, medians in compare(command, name, given.seeds, inits).items():
                print(f"| {name} | {recipe} | {' | '.join(f'{median:.2f}' for median in medians)} |", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
