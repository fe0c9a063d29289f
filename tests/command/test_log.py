"""The log of a training: one line for each epoch, as it happens."""
import csv
import json
import os

from common import DIVERGED, IO, OK, USAGE, CommandTest, data

TRAIN = ["train", "--data", data("iris.csv"), "--layers", "4,8,3", "--epochs", "5", "--threads", "1"]
COLUMNS = ["epoch", "epochs", "train_loss", "valid_loss", "valid_accuracy", "valid_rmse", "best", "rate", "seconds",
           "samples_per_second", "gflops", "elapsed"]


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
            self.assertEqual(list(line), COLUMNS)
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
        self.assertEqual(list(rows[0]), COLUMNS)
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
