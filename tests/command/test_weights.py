"""Tests train --weight-column and --class-weight: what counts more is learned more; strange weights are refused."""
import json
import random

from common import BAD_DATA, BAD_MODEL, IO, USAGE, CommandTest, data

QUICK = ["--threads", "1", "--quiet"]


class Weights(CommandTest):
    def setUp(self):
        """Two classes that overlap, 380 rows of "common" and 20 of "rare", of which a quarter of the rows weigh nothing."""
        super().setUp()
        chance = random.Random(5)
        self.rows = []
        for i in range(400):
            name = "rare" if i % 20 == 0 else "common"
            x = [chance.gauss(1.0 if name == "rare" else -1.0, 1.5), chance.gauss(0, 1)]
            self.rows.append([i % 4 // 3 ^ 1, *x, name])
        self.write("d.csv", self.table("w,a,b,class", self.rows))
        self.write("plain.csv", self.table("a,b,class", [row[1:] for row in self.rows]))

    def table(self, header, rows):
        lines = ([header] if header else []) + [",".join(map(str, row)) for row in rows]
        return "\n".join(lines) + "\n"

    def fit(self, source, *arguments, name="m"):
        """Trains on all rows, and returns the model's bytes."""
        model = self.path(name)
        self.succeed("train", "--data", source, "--layers", "2,8,2", "--epochs", "100", "--valid-share", "0", "--save", model,
                     *QUICK, *arguments)
        with open(model, "rb") as file:
            return file.read()

    def recall(self, name="m"):
        """The share of the rows of class rare that is found."""
        judged = json.loads(self.succeed("eval", "--model", name, "--data", "plain.csv", "--json").stdout)
        return next(c["recall"] for c in judged["classes"] if c["name"] == "rare")

    def test_balanced_classes_find_the_rare_one(self):
        self.fit("plain.csv")
        plain = self.recall()
        self.fit("plain.csv", "--class-weight", "balanced")
        self.assertLess(plain, 0.3)
        self.assertGreater(self.recall(), 0.6)

    def test_a_file_of_weights(self):
        balanced = self.fit("plain.csv", "--class-weight", "balanced", name="balanced")
        for i, text in enumerate(("class,weight\nrare,10\ncommon,0.5263157894736842\n", "common,1\nrare,19\n",
                                  "rare,19\n")):
            self.write("w.csv", text)
            model = self.fit("plain.csv", "--class-weight", "w.csv", name=f"m{i}")
            self.assertEqual(self.recall("m0"), self.recall("balanced"))
            if i > 0:
                self.assertEqual(len(model), len(balanced))
        told = self.succeed("train", "--data", "plain.csv", "--layers", "2,2", "--epochs", "1", "--class-weight", "w.csv",
                            *QUICK).stderr
        self.assertIn("weights of the classes: common 1, rare 19\n", told)

    def test_rows_that_weigh_nothing_are_not_learned(self):
        wrong = [[row[0], *(row[1:] if row[0] else [1e3, -1e3, "rare"])] for row in self.rows]
        self.write("wrong.csv", self.table("w,a,b,class", wrong))
        self.fit("d.csv", "--weight-column", "w", "--scaling", "none")
        right = self.recall()
        self.fit("wrong.csv", "--weight-column", "w", "--scaling", "none")
        self.assertEqual(self.recall(), right)

    def test_the_column_is_no_feature(self):
        result = self.succeed("train", "--data", "d.csv", "--layers", "2,4,2", "--epochs", "1", "--weight-column", "w",
                              "--save", "m", *QUICK)
        self.assertIn("column 1 holds the weight of each row, and is no feature\n", result.stderr)
        by_number = self.fit("d.csv", "--weight-column", "1")
        self.assertEqual(by_number, self.fit("d.csv", "--weight-column", "w"))
        last = [[*row[1:3], row[3], row[0]] for row in self.rows]
        self.write("last.csv", self.table("a,b,class,w", last))  # the target is then the column before it
        self.assertEqual(by_number, self.fit("last.csv", "--weight-column", "-1"))
        for source in ("d.csv", "plain.csv", "last.csv"):
            self.succeed("eval", "--model", "m", "--data", source)

    def test_training_goes_on_from_a_model_with_columns_of_the_rows(self):
        """Groups and weights of --init-from were once not read, and not a word was said."""
        self.fit("plain.csv", name="base")
        bare = self.table("", [row for row in self.rows])
        self.write("bare.csv", bare)
        for source, column in (("d.csv", "w"), ("bare.csv", "1")):
            more = ["train", "--data", source, "--init-from", "base", "--epochs", "2", *QUICK]
            told = self.succeed(*more, "--weight-column", column, "--save", "weighted").stderr
            self.assertIn("holds the weight of each row", told)
            told = self.succeed(*more, "--group-column", column, "--save", "grouped").stderr
            self.assertIn("names the group of each row", told)
        plain = ["train", "--data", "d.csv", "--init-from", "base", "--epochs", "2", *QUICK, "--valid-share", "0", "--json"]
        losses = [json.loads(self.succeed(*plain, *more).stdout)["epochs"][-1]["train_loss"]
                  for more in ([], ["--weight-column", "w"])]
        self.assertNotEqual(*losses)
        self.refuse(BAD_DATA, r"d\.csv:1: column 'a' is a feature of the model; it cannot hold weights, too", *plain,
                    "--weight-column", "a")
        self.refuse(BAD_DATA, r"d\.csv:1: column 'b' is a feature of the model; it cannot name groups, too", *plain,
                    "--group-column", "b")

    def test_a_run_goes_on_with_its_weights(self):
        run = ["train", "--data", "d.csv", "--layers", "2,4,2", "--class-weight", "balanced", "--weight-column", "w",
               "--schedule", "constant", *QUICK]
        self.succeed(*run, "--epochs", "6", "--save", "whole")
        self.succeed(*run, "--epochs", "3", "--checkpoint", "c")
        self.succeed("train", "--resume", "c", "--epochs", "6", "--save", "resumed", *QUICK)
        with open(self.path("whole"), "rb") as whole, open(self.path("resumed"), "rb") as resumed:
            self.assertEqual(whole.read(), resumed.read())
        self.write("w.csv", "rare,2\n")
        self.refuse(BAD_MODEL, r"c: of a run on other data: .* their weights", "train", "--resume", "c", "--class-weight",
                    "w.csv", *QUICK)

    def test_strange_weights_are_refused(self):
        train = ["train", "--data", "s.csv", "--layers", "1,2", "--epochs", "1", *QUICK, "--weight-column"]
        for weights, more, pattern in (
            (["1", "-2"], [], r"s\.csv:3:1: column 1 \('w'\); expected a weight of at least 0, got '-2'$"),
            (["1", ""], [], r"s\.csv:3:1: .*expected a value, got an empty cell; say --missing drop$"),
            (["1", ""], ["--missing", "mean"], r"s\.csv:3:1: .*expected a value, got an empty cell; say --missing drop$"),
            (["1", "nan"], [], r"s\.csv:3:1: .*got 'nan'; say --missing drop$"),
            (["1", "inf"], [], r"s\.csv:3:1: .*expected a decimal number.*got 'inf'"),
            (["1", "much"], [], r"s\.csv:3:1: .*expected a decimal number.*got 'much'"),
            (["0", "0"], [], r"s\.csv: the weights of the rows add up to 0; expected a finite sum of at least 1e-298$"),
        ):
            self.write("s.csv", self.table("w,x,y", [[w, i, "ab"[i % 2]] for i, w in enumerate(weights * 10)]))
            self.refuse(BAD_DATA, pattern, *train, "w", *more)
        self.write("s.csv", self.table("w,x,y", [["" if i == 3 else 1, i, "ab"[i % 2]] for i in range(20)]))
        self.succeed(*train, "w", "--missing", "drop")
        for column, pattern in (
            ("y", r"s\.csv:1: column 'y' is the target; it cannot hold weights, too$"),
            ("z", r"s\.csv:1: no weight column 'z'; expected a name of the header"),
        ):
            self.refuse(BAD_DATA, pattern, *train, column, "--target", "y")
        self.refuse(BAD_DATA, r"s\.csv:1: column 'w' names groups; it cannot hold weights, too$", *train, "w",
                    "--group-column", "w")
        self.write("s.csv", "w,y\n1,a\n1,b\n")
        self.refuse(BAD_DATA, r"s\.csv:1: the weights are in the only column that could be a feature$", *train, "w")
        self.refuse(USAGE, r"--weight-column has no effect with a folder of IDX files", "train", "--data", data("digits"),
                    "--weight-column", "1", "--epochs", "1")
        zero = [[int(i >= 18), i, "ab"[i % 2]] for i in range(20)]
        self.write("s.csv", self.table("w,x,y", zero))
        self.refuse(BAD_DATA, r"s\.csv: in the training part, the weights of the rows add up to 0", *train, "w", "--valid-last")

    def test_a_range_test_goes_past_rows_without_weight(self):
        """A batch whose rows weigh nothing has no loss: it was once taken for the loss 0."""
        self.write("few.csv", self.table("w,a,b,class", [[int(i % 20 < 2), *row[1:]] for i, row in enumerate(self.rows)]))
        told = json.loads(self.succeed("train", "--data", "few.csv", "--weight-column", "w", "--layers", "2,4,2", "--batch",
                                       "4", "--find-rate", "--init", "xavier-uniform", "--json", "--threads", "1").stdout)
        self.assertGreater(min(point["loss"] for point in told["points"]), 0)

    def test_files_without_a_header(self):
        bare = self.write("bare.csv", self.table("", self.rows))
        run = ["train", "--data", bare, "--weight-column", "1", "--epochs", "1", "--layers", "2,2", *QUICK]
        self.succeed(*run, "--valid", bare, "--save", "m")
        self.refuse(BAD_DATA, r"4 columns; expected 2, .*leave out those that are none of these$", "eval", "--model", "m",
                    "--data", bare)

    def test_strange_weights_of_classes_are_refused(self):
        train = ["train", "--data", "plain.csv", "--layers", "2,2", "--epochs", "1", *QUICK, "--class-weight"]
        for text, pattern in (
            ("rare,\ncommon,3\n", r"w\.csv:1:6: column 2; expected a value, got an empty cell; .*lines of a class, a comma"),
            ("rare,1\nrare,2\n", r"w\.csv: class 'rare' has two weights; expected one$"),
            ("rare,-1\n", r"w\.csv: class 'rare' has the weight -1; expected a number of at least 0$"),
            ("common,1\nraer,2\n", r"w\.csv:2:1: .*got 'raer'; did you mean 'rare'\?"),
            ("rare,1,2\n", r"w\.csv: 3 columns; expected two, a class and its weight$"),
            ("rare,much\n", r"w\.csv"),
            ("", r"w\.csv: no rows"),
            ("rare,0\ncommon,0\n", r"--class-weight w\.csv: the weights of the rows add up to 0"),
            ("rare,1e-320\ncommon,1e-320\n", r"--class-weight w\.csv: the weights of the rows add up to 3\.\d+e-318"),
        ):
            self.write("w.csv", text)
            self.refuse(BAD_DATA, pattern, *train, "w.csv")
        self.refuse(IO, r"ballanced: cannot open", *train, "ballanced")
        self.refuse(USAGE, r"--class-weight has no effect with --regression", *train, "balanced", "--regression")
        self.refuse(USAGE, r"weights of rows have no effect with steps of one row.*expected a larger --batch", *train, "balanced",
                    "--batch", "1")
        self.succeed(*train, "balanced", "--batch", "1", "--accumulate", "4")
        self.write("w.csv", "rare,2\n")
        self.refuse(USAGE, r"--save.*--class-weight", *train, "w.csv", "--save", "w.csv")
