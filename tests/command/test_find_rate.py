"""Tests train --find-rate: a curve, a suggestion that trains well, and nothing else."""
import json
import os
import re

from common import USAGE, CommandTest, data

IRIS = ["train", "--data", data("iris.csv"), "--layers", "4,16,3", "--threads", "1"]


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

    def test_nothing_is_written_and_what_has_no_effect_is_refused(self):
        for option in (["--save", "m"], ["--epochs", "3"], ["--rate", "1"], ["--log", "l"], ["--checkpoint", "c"],
                       ["--ema", "0.9"]):
            self.refuse(USAGE, rf"{option[0]} has no effect with --find-rate", *IRIS, "--find-rate", *option)
        self.succeed(*IRIS, "--find-rate")
        self.assertEqual(os.listdir(self.folder), [])
