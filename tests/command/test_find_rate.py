"""Tests train --find-rate: a curve, a suggestion that trains well, and nothing else."""
import json
import os
import re

from common import USAGE, CommandTest, data

IRIS = ["train", "--data", data("iris.csv"), "--layers", "4,16,3", "--threads", "1"]

# What changes the steps of a range test, what is read, and what is printed.
EFFECTIVE = set("""
    data delim decimal comment query header labels missing regression target scaling target-scaling valid valid-labels
    valid-last valid-share index-base x-member y-member group-column weight-column ignore categorical numeric categories
    missing-indicator class-weight activation init init-from layers loss precision seed backend batch threads beta1
    beta2 decay epsilon freeze-bias l2 momentum optimizer accumulate clip-norm clip-value dropout config json quiet
    """.split())
# What goes on with a training or writes a file of it.
CONTRADICTING = {"save": "m", "log": "l", "report": "r", "checkpoint": "c", "resume": "c"}
# What has no effect, with a value.
NEEDLESS = {"rate": "1", "epochs": "3", "keep": "last", "monitor": "loss", "patience": "3", "ema": "0.9",
            "label-smoothing": "0.1", "warmup": "1", "schedule": "step", "schedule-factor": "0.5", "schedule-every": "2"}


class FindRate(CommandTest):
    def test_the_suggestion_trains_well(self):
        for optimizer in ("adam", "sgd"):
            result = self.succeed(*IRIS, "--find-rate", "--optimizer", optimizer)
            lines = result.stdout.splitlines()
            self.assertLess(len(lines), 40)
            self.assertTrue(all(len(line) <= 80 for line in lines))
            self.assertEqual(sum(line.endswith("<") for line in lines), 1)
            rate = re.fullmatch(r"try --rate (\S+), a tenth of the rate with the smallest loss \(\S+\)", lines[-1]).group(1)
            told = json.loads(self.succeed(*IRIS, "--find-rate", "--optimizer", optimizer, "--json").stdout)
            self.assertAlmostEqual(told["suggestion"], float(rate), delta=0.06 * float(rate))
            self.assertAlmostEqual(told["lowest"], 10 * told["suggestion"], delta=1e-9)
            rates = [point["rate"] for point in told["points"]]
            self.assertEqual(rates, sorted(rates))
            trained = json.loads(self.succeed(*IRIS, "--optimizer", optimizer, "--rate", rate, "--epochs", "30",
                                              "--json").stdout)
            self.assertGreater(trained["epochs"][-1]["valid_accuracy"], 0.85)

    def test_steps_are_those_of_the_training(self):
        plain = json.loads(self.succeed(*IRIS, "--find-rate", "--json").stdout)
        for options in (["--dropout", "0.5"], ["--accumulate", "3"], ["--clip-norm", "0.1"]):
            told = json.loads(self.succeed(*IRIS, "--find-rate", *options, "--json").stdout)
            self.assertNotEqual(told["points"], plain["points"], options)

    def test_the_table_shows_points_of_the_curve(self):
        table = self.succeed(*IRIS, "--find-rate").stdout.splitlines()
        points = json.loads(self.succeed(*IRIS, "--find-rate", "--json").stdout)["points"]
        known = {f"{point['rate']:.3g}": point["smoothed"] for point in points}
        self.assertEqual(table[0].split(), ["rate", "smooth", "loss"])
        most = min(max(known.values()), 2 * points[0]["smoothed"])
        shown = [line.rstrip(" <").split() for line in table[1:-1]]
        self.assertGreater(len(shown), 15)
        for rate, loss, *bar in shown:
            smoothed = known[f"{float(rate):.3g}"]
            self.assertAlmostEqual(float(loss), smoothed, delta=1e-4 * smoothed)
            self.assertAlmostEqual(len("".join(bar)), 40 * min(smoothed / most, 1), delta=0.51)
        lowest = next(line for line in table if line.endswith(" <")).split()[0]
        self.assertAlmostEqual(known[f"{float(lowest):.3g}"], min(known.values()))

    def test_no_file_is_written_and_no_training_is_resumed(self):
        self.succeed(*IRIS, "--epochs", "1", "--checkpoint", "c")
        for option, value in CONTRADICTING.items():
            self.refuse(USAGE, rf"--{option} has no effect with --find-rate", *IRIS, "--find-rate", f"--{option}", value)
        self.succeed(*IRIS, "--find-rate")
        self.assertEqual(os.listdir(self.folder), ["c"])

    def test_the_options_of_a_training_can_stay_and_are_noted(self):
        plain = self.succeed(*IRIS, "--find-rate").stdout
        given = [word for option, value in NEEDLESS.items() for word in (f"--{option}", value)]
        result = self.succeed(*IRIS, *given, "--find-rate")
        self.assertEqual(result.stdout, plain)
        note, = [line for line in result.stderr.splitlines() if "with --find-rate" in line]
        self.assertEqual(set(re.findall(r"--([a-z-]+)[, ]", note)) - {"find-rate"}, set(NEEDLESS))

    def test_every_option_is_known_to_have_an_effect_or_none(self):
        listed = set(re.findall(r"(?m)^ *(?:-., )?--([a-z0-9-]+)", self.succeed("train", "--help").stdout))
        elsewhere = {"help", "usage", "find-rate", "checkpoint-minutes", "schedule-power"}  # refused without others
        self.assertEqual(listed - elsewhere, EFFECTIVE | set(NEEDLESS) | set(CONTRADICTING))
