"""Tests that a training that diverges ends with a post-mortem: what was not finite first, why, and what is left."""
import json
import os
import random
import re

from common import DIVERGED, USAGE, CommandTest, data

TRAIN = ["train", "--threads", "1"]
IRIS = [*TRAIN, "--data", data("iris.csv"), "--layers", "4,8,3"]


class PostMortem(CommandTest):
    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        rows = [(draw.gauss(40, 10), draw.gauss(50000, 20000)) for _ in range(200)]
        self.write("in.csv", "age,income,y\n" + "".join(f"{a},{b},{a / 10 + b / 20000}\n" for a, b in rows))
        self.numbers = [*TRAIN, "--data", "in.csv", "--regression", "--optimizer", "sgd"]

    def diverge(self, *arguments):
        result = self.run_gradmill(*arguments)
        self.assertEqual(result.returncode, DIVERGED, result.stderr)
        self.assertRegex(result.stderr.splitlines()[-1], r"training diverged: .* at epoch \d+, step \d+")
        return result

    def told(self, *arguments):
        return json.loads(self.diverge(*arguments, "--json").stdout)["post_mortem"]

    def test_a_rate_that_is_too_large(self):
        arguments = [*IRIS, "--rate", "1e30", "--save", "m.safetensors"]
        result = self.diverge(*arguments)
        self.assertRegex(result.stderr, r"post-mortem of epoch 1, step 2: z of layer 2 is the first that is not finite\n"
                                        r"\(forward, Z = A_prev W\^T \+ 1 b\^T\)\n")
        self.assertRegex(result.stderr, r"likely cause: the learning rate, 1e\+30\ntry: --rate 0\.1, or less")
        self.assertRegex(result.stderr, r"note: it diverged before an epoch was finished: there is no model to keep")
        self.assertFalse(os.path.exists(self.path("m.safetensors")))
        table = result.stderr.split("post-mortem")[1].splitlines()
        self.assertTrue(all(len(line) <= 80 for line in table[:-3]), table)
        self.assertEqual(re.findall(r"(?m)^ +(\d+)  W, b ", result.stderr), ["1", "2"])
        told = self.told(*arguments)
        self.assertEqual(len(told["layers"]), 2)
        self.assertEqual((told["quantity"], told["layer"], told["epoch"], told["step"]), ("z", 2, 1, 2))
        self.assertEqual(told["cause"], "rate")
        self.assertEqual(told["rate"], 1e30)
        self.assertEqual(told["layers"][0]["W"]["not_finite"], 0)
        self.assertEqual(told["layers"][1]["z"]["not_finite"], told["layers"][1]["z"]["count"])
        self.assertIsNone(told["layers"][1]["z"]["low"])
        self.assertIsNone(told["column"])

    def test_with_dropout_averages_and_accumulated_batches(self):
        for options in (["--dropout", "0.5"], ["--ema", "0.9"], ["--accumulate", "2"],
                        ["--dropout", "0.5", "--ema", "0.9", "--accumulate", "2"]):
            with self.subTest(options):
                told = self.told(*IRIS, "--rate", "1e30", *options)
                self.assertEqual((told["epoch"], told["cause"], told["rate"]), (1, "rate", 1e30))

    def test_settings_of_the_optimizer(self):
        for options, cause, words in (
            (["--optimizer", "sgd", "--l2", "1e30"], "penalty", r"likely cause: --l2 or --decay, .*\ntry: a smaller one"),
            (["--decay", "1e30"], "penalty", r"likely cause: --l2 or --decay"),
            (["--epsilon", "0", "--dropout", "0.9", "--rate", "1e-9"], "epsilon",
             r"likely cause: --epsilon 0, .*\ntry: --epsilon 1e-8"),
            (["--rate", "1e30", "--clip-norm", "1"], "rate", r"the learning rate, 1e\+30\ntry: --rate 0\.1, or less\n"),
        ):
            with self.subTest(options):
                self.assertRegex(self.diverge(*IRIS, *options).stderr, words)
                self.assertEqual(self.told(*IRIS, *options)["cause"], cause)

    def test_rates_that_are_no_numbers(self):
        for rate in ("nan", "-1", "inf"):
            self.assertEqual(self.run_gradmill(*IRIS, "--rate", rate).returncode, USAGE)

    def test_an_input_that_was_not_scaled_is_named(self):
        arguments = [*self.numbers, "--layers", "2,8,1", "--scaling", "none", "--rate", "0.1"]
        self.assertNotIn("post-mortem", self.diverge(*arguments, "--quiet").stderr)
        result = self.diverge(*arguments)
        self.assertRegex(result.stderr, r"likely cause: input column 'income' has numbers like \d\.\d+e\+0[45]\n"
                                        r"try: --scaling standard\n")
        told = self.told(*arguments)
        self.assertEqual((told["cause"], told["column"]), ("input-scale", "income"))
        self.assertEqual(told["x"]["high"], told["extreme"])
        self.succeed(*self.numbers, "--layers", "2,8,1", "--scaling", "standard", "--rate", "0.1", "--quiet")

    def test_targets_that_were_not_scaled(self):
        told = self.told(*self.numbers, "--layers", "1,1", "--target", "income", "--target-scaling", "none", "--rate", "2",
                         "--group-column", "y")
        self.assertEqual(told["cause"], "target-scale")

    def test_the_last_good_epoch_is_kept(self):
        arguments = [*self.numbers, "--layers", "2,1", "--rate", "3", "--epochs", "80", "--schedule", "constant",
                     "--keep", "last", "--save", "m.safetensors"]
        result = self.diverge(*arguments)
        self.assertRegex(result.stderr, r"note: m\.safetensors has the weights of epoch \d+, from before it diverged")
        whole = json.loads(self.diverge(*arguments, "--json").stdout)
        self.assertEqual(whole["ended"], "diverged")
        self.assertEqual(whole["kept_epoch"], whole["post_mortem"]["epoch"] - 1)
        self.assertGreater(whole["kept_epoch"], 0)
        self.assertEqual(whole["epochs"][-1]["epoch"], whole["kept_epoch"])
        self.succeed("eval", "--model", "m.safetensors", "--data", "in.csv")

    def test_a_training_that_goes_well_has_none(self):
        result = self.succeed(*IRIS, "--epochs", "2", "--json")
        self.assertIsNone(json.loads(result.stdout)["post_mortem"])
        self.assertNotIn("post-mortem", result.stderr)
