"""Which epoch's weights a training run keeps, when it ends early, and what is saved of it."""
import csv
import io
import json
import math
import random
import re

from common import OK, USAGE, CommandTest, data

TRAIN = ["train", "--threads", "1", "--schedule", "constant"]


class KeepTest(CommandTest):
    def noisy(self, name, rows, seed):
        """Two classes that overlap: a wide network soon learns the noise by heart."""
        chance = random.Random(seed)
        lines = ["a,b,c,class"]
        for _ in range(rows):
            x = [chance.gauss(0, 1) for _ in range(3)]
            lines.append(",".join(f"{v:.3f}" for v in x) + f",{int(x[0] + chance.gauss(0, 1.5) > 0)}")
        return self.write(name, "\n".join(lines) + "\n")

    def arguments(self, *more):
        return [*TRAIN, "--data", self.noisy("t.csv", 60, 1), "--valid", self.noisy("v.csv", 200, 2), "--layers", "3,64,2",
                "--rate", "0.02", "--epochs", "60", *more]

    def report(self, *more):
        return json.loads(self.succeed(*self.arguments("--json", *more)).stdout)

    def judge(self, model):
        return json.loads(self.succeed("eval", "--json", "--model", model, "--data", self.path("v.csv")).stdout)


class Best(KeepTest):
    def test_the_saved_model_is_that_of_the_epoch_with_the_best_figure(self):
        for monitor, key, choose in (("accuracy", "valid_accuracy", max), ("loss", "valid_loss", min)):
            model = self.path("m.safetensors")
            report = self.report("--monitor", monitor, "--save", model)
            best = choose(report["epochs"], key=lambda e: (e[key], -e["valid_loss"]) if choose is max else (e[key],))
            self.assertLess(best["epoch"], 60)
            self.assertEqual((report["kept_epoch"], report["best_epoch"]), (best["epoch"], best["epoch"]))
            judged = self.judge(model)
            self.assertAlmostEqual(judged["loss"], best["valid_loss"], 6)
            self.assertAlmostEqual(judged["accuracy"], best["valid_accuracy"], 6)

    def test_without_a_word_it_is_the_best_by_accuracy(self):
        self.assertEqual(self.report()["kept_epoch"], self.report("--keep", "best", "--monitor", "accuracy")["kept_epoch"])

    def test_the_last_one_is_kept_on_demand(self):
        model = self.path("m.safetensors")
        report = self.report("--keep", "last", "--save", model)
        self.assertEqual(report["kept_epoch"], 60)
        self.assertLess(report["best_epoch"], 60)
        self.assertAlmostEqual(self.judge(model)["loss"], report["epochs"][-1]["valid_loss"], 6)

    def test_numbers_are_chosen_by_their_loss(self):
        rows = "".join(f"{x / 10},{math.sin(x):.4f}\n" for x in range(60))
        path = self.write("n.csv", "x,y\n" + rows)
        result = self.succeed(*TRAIN, "--data", path, "--regression", "--layers", "1,8,1", "--json", "--epochs", "20")
        report = json.loads(result.stdout)
        best = min(report["epochs"], key=lambda e: e["valid_loss"])
        self.assertEqual(report["kept_epoch"], best["epoch"])
        by_rmse = self.succeed(*TRAIN, "--data", path, "--regression", "--layers", "1,8,1", "--json", "--epochs", "20",
                               "--monitor", "rmse")
        self.assertEqual(json.loads(by_rmse.stdout)["kept_epoch"], best["epoch"])

    def test_the_table_ends_with_what_was_kept(self):
        text = self.succeed(*self.arguments("--save", self.path("m.safetensors"))).stdout
        *_, kept, saved = text.splitlines()
        self.assertRegex(kept, r"^kept epoch \d+, the best of 60: accuracy \d+\.\d+ % on the validation set$")
        self.assertRegex(saved, r"^saved .*m\.safetensors$")
        epoch, accuracy = re.match(r"kept epoch (\d+),.*accuracy (\S+)", kept).groups()
        row = next(line.split() for line in text.splitlines() if line.split()[0] == epoch)
        self.assertEqual(row[3], accuracy)

    def test_the_predictions_of_the_saved_model_are_finite_after_it_diverged(self):
        path = self.write("n.csv", "x,y\n" + "".join(f"{x},{x}\n" for x in range(40)))
        model = self.path("m.safetensors")
        result = self.run_gradmill(*TRAIN, "--data", path, "--regression", "--layers", "1,1", "--optimizer", "sgd", "--rate",
                                   "1.2", "--scaling", "none", "--epochs", "500", "--batch", "1", "--save", model)
        self.assertEqual(result.returncode, 7, result.stderr)
        if "kept epoch" in result.stdout:
            text = self.succeed("predict", "--model", model, "--data", path).stdout
            for row in list(csv.reader(io.StringIO(text)))[1:]:
                self.assertTrue(math.isfinite(float(row[0])))


class Patience(KeepTest):
    def test_it_ends_after_so_many_epochs_that_were_no_better(self):
        report = self.report("--patience", "5")
        self.assertEqual(report["ended"], "patience")
        self.assertEqual(len(report["epochs"]), report["best_epoch"] + 5)
        self.assertLess(len(report["epochs"]), 60)
        text = self.succeed(*self.arguments("--patience", "5")).stdout
        self.assertIn(f"ended after epoch {report['best_epoch'] + 5}: 5 epochs in a row were no better\n", text)

    def test_more_patience_than_epochs_changes_nothing(self):
        report = self.report("--patience", "60")
        self.assertEqual((report["ended"], len(report["epochs"])), ("epochs", 60))


class Refusals(KeepTest):
    def refuse(self, pattern, *arguments):
        result = self.run_gradmill(*TRAIN, *arguments)
        self.assertEqual(result.returncode, USAGE, result.stderr)
        self.assertRegex(result.stderr, pattern)

    def test_without_a_validation_set(self):
        iris = ["--data", data("iris.csv"), "--layers", "4,3", "--valid-share", "0"]
        self.refuse(r"--keep best needs a validation set; give --valid", *iris, "--keep", "best")
        self.refuse(r"--patience has no effect without a validation set", *iris, "--patience", "3")
        self.refuse(r"--monitor has no effect without a validation set", *iris, "--monitor", "loss")
        result = self.run_gradmill(*TRAIN, *iris, "--keep", "last", "--epochs", "1", "--quiet")
        self.assertEqual(result.returncode, OK, result.stderr)

    def test_a_figure_that_the_data_does_not_have(self):
        self.refuse(r"rmse cannot be monitored: the targets are classes; use loss or accuracy",
                    "--data", data("iris.csv"), "--layers", "4,3", "--monitor", "rmse")
        path = self.write("n.csv", "x,y\n" + "".join(f"{x},{x}\n" for x in range(40)))
        self.refuse(r"accuracy cannot be monitored: the targets are numbers; use loss or rmse",
                    "--data", path, "--regression", "--layers", "1,1", "--monitor", "accuracy")


class Steps(KeepTest):
    """Dropout, averaged weights, and several batches for one step."""
    IRIS = ["--data", data("iris.csv"), "--layers", "4,8,3", "--epochs", "20"]

    def test_the_saved_model_has_the_averaged_weights(self):
        for keep in ("best", "last"):
            with self.subTest(keep):
                told = json.loads(self.succeed(*TRAIN, *self.IRIS, "--ema", "0.9", "--keep", keep, "--valid", data("iris.csv"),
                                               "--save", "m", "--json").stdout)
                judged = json.loads(self.succeed("eval", "--model", "m", "--data", data("iris.csv"), "--json").stdout)
                epoch = told["epochs"][told["kept_epoch"] - 1]
                self.assertAlmostEqual(judged["loss"], epoch["valid_loss"], delta=1e-6 * epoch["valid_loss"])

    def test_each_changes_the_training(self):
        losses = {json.loads(self.succeed(*TRAIN, *self.IRIS, "--json", *options).stdout)["epochs"][-1]["valid_loss"]
                  for options in ([], ["--dropout", "0.3"], ["--ema", "0.9"], ["--accumulate", "2"])}
        self.assertEqual(len(losses), 4)

    def test_batches_that_are_accumulated_are_one_large_batch(self):
        losses = [json.loads(self.succeed(*TRAIN, *self.IRIS, "--precision", "f64", "--json", "--dropout", "0.2", "--batch",
                                          batch, "--accumulate", parts).stdout)["epochs"][-1]["valid_loss"]
                  for batch, parts in ((40, 1), (10, 4))]
        self.assertAlmostEqual(losses[0], losses[1], delta=1e-9)

    def test_refusals(self):
        self.refuse(r"--dropout has no effect on a network without a hidden layer", "--data", data("iris.csv"), "--layers",
                    "4,3", "--dropout", "0.1")
        self.refuse(r"--accumulate 6; expected at most 5, the batches of an epoch", *self.IRIS, "--accumulate", "6")

    refuse = Refusals.refuse


class Clipping(KeepTest):
    def test_a_bound_keeps_a_rate_that_is_too_high_from_diverging(self):
        path = self.write("n.csv", "x,y\n" + "".join(f"{x},{3 * x + 1}\n" for x in range(40)))
        arguments = [*TRAIN, "--data", path, "--regression", "--layers", "1,1", "--optimizer", "sgd", "--rate", "0.1",
                     "--scaling", "none", "--epochs", "50", "--quiet"]
        self.assertEqual(self.run_gradmill(*arguments).returncode, 7)
        for bound in ("--clip-norm", "--clip-value"):
            self.succeed(*arguments, bound, "0.1")

    def test_bounds_that_mean_nothing(self):
        for option in ("--clip-norm", "--clip-value"):
            for value in ("0", "-1", "nan"):
                self.refuse(rf"{option} {value}: expected a number", "--data", data("iris.csv"), "--layers", "4,3", option, value)

    refuse = Refusals.refuse
