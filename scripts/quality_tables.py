#!/usr/bin/env python3
"""Compares what gradmill learns from tables as people have them with a pipeline of scikit-learn, on the files of
tests/data-zoo: texts as categories, missing values, numbers of any size.

For each seed, the rows are divided anew into three quarters for training and a quarter for the test. scikit-learn gets
numbers by SimpleImputer (mean) and StandardScaler, texts by SimpleImputer (most frequent) and OneHotEncoder, learned on the
training rows; gradmill reads the same rows as a CSV file and does the same by itself. Both train the same network with Adam
and a constant rate. A comparison is good if the median of one lies within the spread of the other.

Prints a table in Markdown: accuracies in percent, or R^2 in percent: median (lowest to highest). Needs python3-sklearn and
python3-pandas.
"""
import argparse
import os
import pathlib
import tempfile
import warnings

import numpy
import pandas
from quality_common import run, summary, within
from sklearn import compose, exceptions, impute, metrics, model_selection, neural_network, pipeline, preprocessing

ZOO = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data-zoo"
HIDDEN, BATCH, EPOCHS, RATE = 32, 16, 60, 0.005

# name: how pandas reads it, the target, columns that are left out, whether the target is a number
FILES = {
    "adult.data": ({"header": None, "skipinitialspace": True, "na_values": "?"}, 11, [], False),
    "winequality.csv": ({"sep": ";"}, "quality", [], True),
    "AirQualityUCI.csv": ({"sep": ";", "decimal": ","}, "C6H6(GT)", ["Date", "Time", "Unnamed: 8", "Unnamed: 9"], True),
    "covtype.data": ({"header": None}, 16, [], False),
    "titanic.csv": ({}, "Survived", ["PassengerId", "Name", "Ticket", "Cabin"], False),
    "breast-cancer-wisconsin.data": ({"header": None, "na_values": "?"}, 10, [0], False),
    "HIGGS.csv": ({"header": None}, 0, [], False),
    "housing.data": ({"header": None, "sep": r"\s+"}, 6, [], True),
    "auto-mpg.data": ({"header": None, "sep": r"\s+", "na_values": "?"}, 0, [8], True),
    "bank.csv": ({"sep": ";"}, "y", [], False),
}


def score(truth, predicted, regression):
    if regression:
        return 100 * metrics.r2_score(truth, predicted)
    return 100 * metrics.accuracy_score(truth.astype(str), predicted)


def scikit_learn(train, test, regression, seed):
    x, y = train.drop(columns="target"), train["target"]
    texts = [name for name in x if x[name].dtype == object]
    numbers = [name for name in x if name not in texts]
    inputs = compose.ColumnTransformer([
        ("numbers", pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()), numbers),
        ("texts", pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"),
                                         preprocessing.OneHotEncoder(handle_unknown="ignore")), texts)])
    kind = neural_network.MLPRegressor if regression else neural_network.MLPClassifier
    network = kind([HIDDEN], alpha=0, batch_size=BATCH, learning_rate_init=RATE, max_iter=EPOCHS,
                   n_iter_no_change=EPOCHS + 1, random_state=seed)
    mean, deviation = (y.mean(), y.std(ddof=0)) if regression else (0, 1)
    model = pipeline.make_pipeline(inputs, network).fit(x, (y - mean) / deviation if regression else y.astype(str))
    said = model.predict(test.drop(columns="target"))
    return score(test["target"], said * deviation + mean if regression else said, regression)


def gradmill(command, train, test, regression, seed):
    train.to_csv("train.csv", index=False)
    test.drop(columns="target").to_csv("test.csv", index=False)
    inputs = train.drop(columns="target")
    missing = inputs.isna().to_numpy().any()
    run(command, "train", "--data", "train.csv", "--target", "target", *(["--regression"] if regression else []),
        *(["--missing", "mean"] if missing else []), "--batch", BATCH, "--epochs", EPOCHS, "--rate", RATE, "--schedule",
        "constant", "--valid-share", 0, "--seed", seed, "--threads", 1, "--save", "m.safetensors", "--quiet",
        "--layers", f"{inputs_of(inputs)},{HIDDEN},{1 if regression else train['target'].nunique()}")
    said = run(command, "predict", "--model", "m.safetensors", "--data", "test.csv", "--threads", 1).splitlines()[1:]
    return score(test["target"], numpy.array([float(line) for line in said]) if regression else numpy.array(said), regression)


def inputs_of(frame):
    return sum(frame[name].nunique() if frame[name].dtype == object else 1 for name in frame)


def compare(command, name, seeds):
    how, target, left_out, regression = FILES[name]
    frame = pandas.read_csv(ZOO / name, **how).rename(columns={target: "target"}).drop(columns=left_out)
    frame.columns = [f"x{column}" if isinstance(column, int) else column for column in frame.columns]
    theirs, ours = [], []
    for seed in range(1, seeds + 1):
        train, test = model_selection.train_test_split(frame, test_size=0.25, random_state=seed,
                                                       stratify=None if regression else frame["target"])
        theirs.append(scikit_learn(train, test, regression, seed))
        ours.append(gradmill(command, train, test, regression, seed))
    return theirs, ours


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gradmill", help="the command")
    parser.add_argument("--seeds", type=int, default=10, help="divisions of each file (default 10)")
    parser.add_argument("--files", default=",".join(FILES), help="names of files, with commas between them (default: all)")
    given = parser.parse_args()
    command = os.path.abspath(given.gradmill)
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
    print("| file | scikit-learn | gradmill | within the spread |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for name in given.files.split(","):
            theirs, ours = compare(command, name, given.seeds)
            verdict = "yes" if within(ours, theirs) else "**no**"
            print(f"| {name} | {summary(theirs)} | {summary(ours)} | {verdict} |", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
