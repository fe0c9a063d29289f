#!/usr/bin/env python3
"""Compares what gradmill learns with scikit-learn and PyTorch: the same recipe, several seeds, scores on rows held out.

For each seed, the rows are divided anew into four fifths for training and a fifth for the test (Fashion-MNIST has test
rows of its own). Every program gets the same rows, standardised by the training part, and trains the same network with
Adam and a constant rate for the same number of epochs; no rows are held back for validation. What is left to each program
are its initial weights and the order of the rows, so that its scores differ from seed to seed. A comparison is good if
the medians lie within each other's spread. The last row of a set is gradmill with nothing but its defaults, which chooses
the epoch, the schedule and the batch by itself.

Prints a table in Markdown. Scores are accuracies in percent, or R^2 in percent for numbers: median (lowest to highest).
Times are medians of the training alone, on one thread. Needs python3-sklearn and python3-torch; Fashion-MNIST is taken
from where Debian's dataset-fashion-mnist has it, and left out without it.
"""
import argparse
import gzip
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # read when a library is loaded

import numpy
import torch
from quality_common import run, summary, within
from sklearn import datasets, metrics, model_selection, neural_network, preprocessing

FASHION = "/usr/share/datasets/fashion-mnist"


def synthetic():
    return datasets.make_classification(50000, 100, n_informative=20, n_redundant=20, n_classes=5, class_sep=1.0,
                                        random_state=1)


def arrays(load):
    return lambda: load(return_X_y=True)


# name: how to load it, hidden layers, batch, epochs, rate
SETS = {
    "iris": (arrays(datasets.load_iris), [16], 16, 60, 0.005),
    "wine": (arrays(datasets.load_wine), [16], 16, 60, 0.005),
    "breast cancer": (arrays(datasets.load_breast_cancer), [32], 32, 40, 0.002),
    "digits": (arrays(datasets.load_digits), [64], 32, 30, 0.002),
    "diabetes": (arrays(datasets.load_diabetes), [32], 32, 40, 0.002),
    "50,000 x 100": (synthetic, [128, 64], 128, 10, 0.001),
    "Fashion-MNIST": (None, [256], 128, 5, 0.001),
}
NUMBERS = {"diabetes"}


class Rows:
    """Rows for training and for a test, and whether the targets are numbers. Numbers are standardised, too."""

    def __init__(self, train, test, regression):
        (self.x, self.y), (self.test_x, self.test_y), self.regression = train, test, regression
        self.mean, self.deviation = (self.y.mean(), self.y.std()) if regression else (0.0, 1.0)

    def outputs(self):
        return 1 if self.regression else int(self.y.max()) + 1

    def score(self, predicted):
        if self.regression:
            return 100 * metrics.r2_score(self.test_y, predicted)
        return 100 * metrics.accuracy_score(self.test_y, predicted)


def read_fashion(part):
    with gzip.open(f"{FASHION}/{part}-images-idx3-ubyte.gz") as images, gzip.open(
            f"{FASHION}/{part}-labels-idx1-ubyte.gz") as labels:
        x = numpy.frombuffer(images.read()[16:], dtype=numpy.uint8).reshape(-1, 784).astype(numpy.float32) / 255
        return x, numpy.frombuffer(labels.read()[8:], dtype=numpy.uint8).astype(int)


def divide(name, seed):
    """The rows of a set for one seed."""
    load = SETS[name][0]
    if load is None:
        return Rows(read_fashion("train"), read_fashion("t10k"), False)
    x, y = load()
    regression = name in NUMBERS
    x, test_x, y, test_y = model_selection.train_test_split(x, y, test_size=0.2, random_state=seed,
                                                            stratify=None if regression else y)
    scaler = preprocessing.StandardScaler().fit(x)
    return Rows((scaler.transform(x).astype(numpy.float32), y), (scaler.transform(test_x).astype(numpy.float32), test_y),
                regression)


# ---- the programs: each returns predictions for the test rows, and seconds ----

def scikit_learn(rows, recipe, seed, _):
    hidden, batch, epochs, rate = recipe
    kind = neural_network.MLPRegressor if rows.regression else neural_network.MLPClassifier
    model = kind(hidden, alpha=0, batch_size=batch, learning_rate_init=rate, max_iter=epochs, n_iter_no_change=epochs + 1,
                 random_state=seed)
    y = (rows.y - rows.mean) / rows.deviation if rows.regression else rows.y
    begun = time.perf_counter()
    model.fit(rows.x, y)
    seconds = time.perf_counter() - begun
    return model.predict(rows.test_x) * rows.deviation + rows.mean if rows.regression else model.predict(rows.test_x), seconds


def pytorch(rows, recipe, seed, _):
    hidden, batch, epochs, rate = recipe
    torch.manual_seed(seed)
    widths = [rows.x.shape[1], *hidden, rows.outputs()]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    x = torch.from_numpy(rows.x)
    if rows.regression:
        y = torch.tensor((rows.y - rows.mean) / rows.deviation, dtype=torch.float32)[:, None]
        loss_of = torch.nn.functional.mse_loss
    else:
        y, loss_of = torch.tensor(rows.y), torch.nn.functional.cross_entropy
    begun = time.perf_counter()
    for _ in range(epochs):
        for some in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad(set_to_none=True)
            loss_of(network(x[some]), y[some]).backward()
            optimizer.step()
    seconds = time.perf_counter() - begun
    with torch.no_grad():
        said = network(torch.from_numpy(rows.test_x)).numpy()
    return said[:, 0] * rows.deviation + rows.mean if rows.regression else said.argmax(axis=1), seconds


def write_csv(path, x, y):
    with open(path, "w", encoding="ascii") as file:
        for features, target in zip(x, y):
            file.write(",".join(f"{value:.9g}" for value in features) + f",{target!r}\n")


def gradmill(rows, recipe, seed, options):
    """Trains from files of the same rows. A class is its number, and a model orders classes by number."""
    hidden, batch, epochs, rate = recipe
    command, more = options
    common = ["--header", "no", "--seed", seed, "--threads", 1]
    same = [] if more is None else ["--layers", ",".join(map(str, [rows.x.shape[1], *hidden, rows.outputs()])), "--batch",
                                    batch, "--epochs", epochs, "--optimizer", "adam", "--rate", rate, "--schedule",
                                    "constant", "--valid-share", 0, "--scaling", "none", *more]
    if rows.regression:
        common.append("--regression")
    told = json.loads(run(command, "train", "--data", "train.csv", "--save", "model", "--json", *common, *same))
    said = run(command, "predict", "--model", "model", "--data", "test.csv", "--header", "no", "--threads", 1)
    values = [float(line) for line in said.split()[1:]] if rows.regression else [int(line) for line in said.split()[1:]]
    return values, sum(epoch["seconds"] for epoch in told["epochs"])


PROGRAMS = [
    ("scikit-learn", scikit_learn, None),
    ("PyTorch", pytorch, None),
    ("gradmill", gradmill, []),
    ("gradmill `--init he-normal`", gradmill, ["--init", "he-normal"]),
    ("gradmill, defaults", gradmill, None),
]


def compare(name, seeds, command):
    """Scores and seconds of each program."""
    recipe = SETS[name][1:]
    results = {program: ([], []) for program, _, _ in PROGRAMS}
    for seed in range(1, seeds + 1):
        rows = divide(name, seed)
        if seed == 1 or SETS[name][0]:
            write_csv("train.csv", rows.x, rows.y.tolist())
            write_csv("test.csv", rows.test_x, rows.test_y.tolist())
        for program, train, options in PROGRAMS:
            predicted, seconds = train(rows, recipe, seed, (command, options))
            results[program][0].append(rows.score(predicted))
            results[program][1].append(seconds)
        print(f"{name}, seed {seed} of {seeds}", file=sys.stderr, flush=True)
    return results


def print_set(name, results):
    hidden, batch, epochs, rate = SETS[name][1:]
    recipe = f"{'-'.join(map(str, hidden))}, batch {batch}, {epochs} epochs, rate {rate}"
    ours = results["gradmill"][0]
    for program, (scores, seconds) in results.items():
        peer = program in ("scikit-learn", "PyTorch")
        verdict = ("yes" if within(scores, ours) else "**no**") if peer else ""
        print(f"| {name} | {recipe if program == 'scikit-learn' else ''} | {program} | {summary(scores)} | "
              f"{statistics.median(seconds):.3g} s | {verdict} |", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gradmill", help="the command")
    parser.add_argument("--seeds", type=int, default=10, help="seeds of each set (default 10)")
    parser.add_argument("--sets", default=",".join(name.replace(",", "") for name in SETS),
                        help="names of the sets, with commas between them (default: all)")
    return parser.parse_args()


def main():
    given = parse_arguments()
    command = os.path.abspath(shutil.which(given.gradmill) or given.gradmill)
    torch.set_num_threads(1)
    known = {name.replace(",", ""): name for name in SETS}
    strange = [name for name in given.sets.split(",") if name not in known]
    if strange:
        sys.exit(f"quality.py: no set '{strange[0]}'; expected some of {', '.join(known)}")
    print("| set | hidden layers and recipe | program | score on the test rows | time | within the spread of gradmill |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for name in given.sets.split(","):
            if SETS[known[name]][0] is None and not os.path.isdir(FASHION):
                print(f"{name} is left out: no folder {FASHION}", file=sys.stderr)
                continue
            print_set(known[name], compare(known[name], given.seeds, command))
        os.chdir("/")


if __name__ == "__main__":
    main()
