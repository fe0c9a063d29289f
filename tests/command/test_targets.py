"""Tests several targets of one file: numbers to be fitted, and answers yes or no."""
import json
import random

from common import BAD_DATA, USAGE, CommandTest

QUICK = ["--threads", "1", "--quiet"]


class TargetsTest(CommandTest):
    def setUp(self):
        super().setUp()
        chance = random.Random(11)
        rows = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in range(200)]
        self.numbers = self.write("n.csv", "a,price,b,weight\n" + "".join(
            f"{a:.4f},{1000 + 300 * a - 100 * b:.3f},{b:.4f},{a + 2 * b:.4f}\n" for a, b in rows))
        self.answers = self.write("y.csv", "a,b,warm,wet,both\n" + "".join(
            f"{a:.4f},{b:.4f},{int(a > 0)},{int(b > 0)},{int(a > 0 and b > 0)}\n" for a, b in rows))

    def fit(self, *arguments):
        return self.succeed("train", *arguments, *QUICK, "--regression", "--save", "m.safetensors")

    def judge(self, path):
        return json.loads(self.succeed("eval", "--json", "--model", "m.safetensors", "--data", path).stdout)

    def test_numbers(self):
        told = self.fit("--data", self.numbers, "--target", "weight,price", "--layers", "2,2", "--epochs", "200", "--rate", "0.05").stderr
        self.assertIn("note: header found: 2 features, 2 targets", told)
        figures = self.judge(self.numbers)["targets"]
        self.assertEqual(len(figures), 2)
        self.assertEqual([target["target"] for target in figures], ["weight", "price"])
        for target in figures:
            self.assertGreater(target["r2"], 0.999)
        table = self.succeed("eval", "--model", "m.safetensors", "--data", self.numbers).stdout
        self.assertRegex(table, r"(?m)^target +mean +deviation +rmse +MAE +R\^2\nweight .*\nprice .* 9\d\d\.?\d* ")
        self.assertAlmostEqual(figures[1]["mean"], 1000, delta=60)

    def test_predictions_carry_their_names(self):
        self.fit("--data", self.numbers, "--target", "weight,price", "--layers", "2,2", "--epochs", "200", "--rate", "0.05")
        lines = self.succeed("predict", "--model", "m.safetensors", "--data",
                             self.write("new.csv", "b,a\n0.5,-0.5\n")).stdout.splitlines()
        self.assertEqual(lines[0], "weight,price")
        weight, price = map(float, lines[1].split(","))
        self.assertAlmostEqual(weight, 0.5, delta=0.1)
        self.assertAlmostEqual(price, 800, delta=20)

    def test_one_target_is_named_too(self):
        self.fit("--data", self.write("one.csv", "a,b,\"p, q\"\n" + "1,2,3\n4,5,7\n" * 10), "--layers", "2,1", "--epochs", "1")
        told = self.succeed("predict", "--model", "m.safetensors", "--data", self.write("new.csv", "a,b\n1,2\n")).stdout
        self.assertEqual(told.splitlines()[0], '"p, q"')

    def test_answers(self):
        self.fit("--data", self.answers, "--target", "warm,wet,both", "--loss", "logistic", "--layers", "2,16,3", "--epochs",
                 "200", "--rate", "0.01")
        told = self.judge(self.answers)
        self.assertEqual([answer["target"] for answer in told["answers"]], ["warm", "wet", "both"])
        self.assertRegex(self.succeed("eval", "--model", "m.safetensors", "--data", self.answers).stdout,
                         r"(?m)^target +rows +accuracy .*\nwarm .*\nwet .*\nboth ")
        self.assertGreater(told["subset_accuracy"], 0.9)
        head = self.succeed("predict", "--model", "m.safetensors", "--data", self.answers).stdout.splitlines()[0]
        self.assertEqual(head, "warm,wet,both")

    def test_a_file_that_lacks_one(self):
        self.fit("--data", self.numbers, "--target", "weight,price", "--layers", "2,2", "--epochs", "1")
        self.refuse(BAD_DATA, r"new\.csv:1: the model needs 1 column that is not there: 'weight'", "eval", "--model",
                    "m.safetensors", "--data", self.write("new.csv", "a,b,price\n1,2,3\n"))

    def test_classes_have_one(self):
        self.refuse(BAD_DATA, r"y\.csv:1: no target column 'warm,wet'; one target only: .*; several are for --regression$",
                    "train", "--data", self.answers, "--target", "warm,wet")
        self.refuse(USAGE, r"--layers ends with 1; expected 2, the targets of", "train", "--data", self.numbers,
                    "--regression", "--target", "price,weight", "--layers", "2,1")

    def test_they_are_kept_by_options_and_by_a_checkpoint(self):
        arguments = ["--data", self.numbers, "--target", "weight,price", "--layers", "2,4,2", "--epochs", "4"]
        options = json.loads(self.succeed("train", *arguments, "--regression", "--threads", "1", "--json", "--save",
                                          "a.safetensors", "--checkpoint", "c.safetensors").stdout)["options"]
        self.assertIn("target = weight,price", options.splitlines())
        self.write("o.conf", options)
        self.succeed("train", "--config", "o.conf", "--save", "b.safetensors", "--checkpoint", "d.safetensors")
        with open(self.path("a.safetensors"), "rb") as first, open(self.path("b.safetensors"), "rb") as second:
            self.assertEqual(first.read(), second.read())
        self.succeed("train", "--resume", "c.safetensors", "--epochs", "5")
