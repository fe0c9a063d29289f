"""The log of a training: one line for each epoch, as it happens."""
import csv
import json
import math
import os
import shutil
import subprocess
import sys

from common import DIVERGED, IO, OK, USAGE, CommandTest, data

TRAIN = ["train", "--data", data("iris.csv"), "--layers", "4,8,3", "--epochs", "5", "--threads", "1"]
COLUMNS = ["epoch", "epochs", "train_loss", "valid_loss", "valid_accuracy", "valid_rmse", "best", "rate", "seconds",
           "samples_per_second", "gflops", "elapsed", "gradient_norm"]
OF_LAYERS = ["layer_gradient_norm", "update_ratio", "dead"]


class LogTest(CommandTest):
    def lines(self, path):
        with open(path, encoding="ascii") as file:
            return [json.loads(line) for line in file]

    def rows(self, path):
        with open(path, encoding="ascii", newline="") as file:
            return list(csv.DictReader(file))


class Contents(LogTest):
    def test_the_figures_are_those_of_the_report(self):
        path = self.path("l.jsonl")
        epochs = json.loads(self.succeed(*TRAIN, "--json", "--log", path).stdout)["epochs"]
        lines = self.lines(path)
        self.assertEqual([line["epoch"] for line in lines], [1, 2, 3, 4, 5])
        best = -1
        for line, epoch in zip(lines, epochs):
            self.assertEqual(list(line), COLUMNS + OF_LAYERS + ["options"] * (line["epoch"] == 1))
            for name in ("epoch", "train_loss", "valid_loss", "valid_accuracy", "valid_rmse", "seconds",
                         "samples_per_second", "gflops"):
                self.assertEqual(line[name], epoch[name], name)
            self.assertEqual(line["epochs"], 5)
            if line["valid_accuracy"] > best:
                self.assertEqual(line["best"], 1)
                best = line["valid_accuracy"]
        self.assertTrue(all(a["elapsed"] < b["elapsed"] for a, b in zip(lines, lines[1:])))
        self.assertTrue(all(a["rate"] > b["rate"] for a, b in zip(lines, lines[1:])), "a cosine falls")

    def test_a_name_that_ends_in_csv_gives_csv(self):
        path = self.path("l.csv")
        self.succeed(*TRAIN, "--quiet", "--valid-share", "0", "--log", path)
        rows = self.rows(path)
        self.assertEqual(list(rows[0]), COLUMNS + [f"{name}_{layer}" for name in OF_LAYERS for layer in (1, 2)])
        self.assertEqual([row["epoch"] for row in rows], list("12345"))
        self.assertEqual({row["valid_loss"] for row in rows}, {""})
        self.assertEqual({row["best"] for row in rows}, {"0"})

    def test_each_line_is_there_before_the_next_epoch(self):
        """A training that diverges has written the lines of the epochs before."""
        path, table = self.path("l.jsonl"), self.write("n.csv", "x,y\n" + "".join(f"{x},{x}\n" for x in range(40)))
        result = self.run_gradmill("train", "--data", table, "--regression", "--layers", "1,1", "--optimizer", "sgd", "--rate",
                                   "0.0032", "--scaling", "none", "--schedule", "constant", "--epochs", "5000", "--batch", "36",
                                   "--json", "--log", path)
        self.assertEqual(result.returncode, DIVERGED, result.stderr)
        self.assertEqual(len(self.lines(path)), len(json.loads(result.stdout)["epochs"]))
        self.assertGreater(len(self.lines(path)), 1)


class Layers(LogTest):
    def test_figures_of_each_layer(self):
        path = self.path("l.jsonl")
        self.succeed(*TRAIN, "--quiet", "--log", path)
        for line in self.lines(path):
            norms = line["layer_gradient_norm"]
            self.assertAlmostEqual(line["gradient_norm"], math.hypot(*norms), 9)
            self.assertEqual([len(line[name]) for name in OF_LAYERS], [2, 2, 2])
            self.assertTrue(0 <= line["dead"][0] <= 1)
            self.assertIsNone(line["dead"][1], "softmax has no dead units")
            self.assertTrue(all(0 < ratio < 0.1 for ratio in line["update_ratio"]), line["update_ratio"])

    def test_a_log_changes_no_bit_of_the_model(self):
        for name, more in (("with", ["--log", "l.csv"]), ("without", [])):
            self.succeed(*TRAIN, "--quiet", "--save", self.path(name), *more)
        with open(self.path("with"), "rb") as one, open(self.path("without"), "rb") as other:
            self.assertEqual(one.read(), other.read())


class Readers(LogTest):
    """What the log is for: other programs read it."""

    def setUp(self):
        super().setUp()
        for name in ("l.jsonl", "l.csv"):
            self.succeed(*TRAIN, "--quiet", "--log", self.path(name))

    def ask(self, *command):
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def test_jq(self):
        if not shutil.which("jq"):
            self.skipTest("jq is not installed")
        losses = self.ask("jq", "-r", "[.epoch, .valid_loss, .update_ratio[1]] | @tsv", "l.jsonl").splitlines()
        lines = self.lines(self.path("l.jsonl"))
        self.assertEqual([[float(cell) for cell in row.split()] for row in losses],
                         [[line["epoch"], line["valid_loss"], line["update_ratio"][1]] for line in lines])
        options = self.ask("jq", "-r", "select(.options).options", "l.jsonl")
        self.succeed("train", "--config", self.write("again.conf", options))

    def test_pandas(self):
        pythons = (sys.executable, "/usr/bin/python3")
        python = next((p for p in pythons if os.access(p, os.X_OK)
                       and subprocess.run([p, "-c", "import pandas"], capture_output=True).returncode == 0), None)
        if not python:
            self.skipTest("pandas is not installed")
        script = """
import json, pandas
for frame in (pandas.read_json("l.jsonl", lines=True), pandas.read_csv("l.csv")):
    kinds = {str(frame[name].dtype) for name in ("train_loss", "valid_accuracy", "gradient_norm")}
    print(json.dumps([list(frame.index), sorted(kinds), list(frame.epoch), list(frame.valid_loss)]))
"""
        for line in self.ask(python, "-c", script).splitlines():
            index, kinds, epochs, losses = json.loads(line)
            self.assertEqual((index, kinds, epochs), ([0, 1, 2, 3, 4], ["float64"], [1, 2, 3, 4, 5]))
            for got, wanted in zip(losses, self.lines(self.path("l.jsonl"))):
                self.assertAlmostEqual(got, wanted["valid_loss"], 12)


class Replacing(LogTest):
    def test_a_log_is_replaced_and_nothing_else(self):
        for name in ("l.jsonl", "l.csv"):
            path = self.path(name)
            self.succeed(*TRAIN, "--quiet", "--log", path)
            self.succeed(*TRAIN, "--quiet", "--epochs", "2", "--log", path)
            with open(path, encoding="ascii") as file:
                self.assertEqual(len(file.readlines()), 2 + (name == "l.csv"))
        table = self.write("d.csv", "a,b\n1,2\n")
        for path, status, text in ((table, USAGE, "only a log of a training or an empty file may be replaced"),
                                   ("/dev/full", IO, "not a regular file")):
            result = self.run_gradmill(*TRAIN, "--quiet", "--log", path)
            self.assertEqual(result.returncode, status)
            self.assertIn(text, result.stderr)
        with open(table, encoding="ascii") as file:
            self.assertEqual(file.read(), "a,b\n1,2\n")

    def test_one_file_for_model_and_log_is_refused(self):
        path = self.path("both")
        result = self.run_gradmill(*TRAIN, "--quiet", "--log", path, "--save", path)
        self.assertEqual(result.returncode, USAGE)
        self.assertRegex(result.stderr, r"--log .*both: the same file as --save")

    def test_a_log_behind_a_link(self):
        target = self.path("target.jsonl")
        self.write("target.jsonl", "")
        os.symlink(target, self.path("link.jsonl"))
        result = self.run_gradmill(*TRAIN, "--quiet", "--log", self.path("link.jsonl"))
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertEqual(len(self.lines(target)), 5)
        self.assertTrue(os.path.islink(self.path("link.jsonl")))
