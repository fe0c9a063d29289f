"""Tests scripts/quality.py, quality_tables.py and initial_weights.py, which make the figures of docs/quality.md, on small sets."""
import re
import subprocess

from common import PLACES, CommandTest, environment

PYTHON = "/usr/bin/python3"  # the one that has Debian's packages


class Quality(CommandTest):
    def setUp(self):
        super().setUp()
        packages = "import sklearn, torch, pandas"
        if subprocess.run([PYTHON, "-c", packages], capture_output=True, check=False).returncode != 0:
            self.skipTest("python3-sklearn, python3-torch or python3-pandas is not installed")

    def make(self, *arguments, script="quality.py"):
        return subprocess.run([PYTHON, PLACES.source / "scripts" / script, PLACES.gradmill, *arguments],
                              cwd=self.folder, env=environment(), capture_output=True, text=True, check=False)

    def test_a_table_of_scores(self):
        result = self.make("--sets", "iris,diabetes", "--seeds", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        head, line, *rows = [row.strip("|").split("|") for row in result.stdout.splitlines()]
        self.assertEqual({len(row) for row in (head, line, *rows)}, {6})
        self.assertEqual([row[0].strip() for row in rows], ["iris"] * 5 + ["diabetes"] * 5)
        for row in rows:
            median, lowest, highest = map(float, re.fullmatch(r" (\S+) \((\S+) to (\S+)\) ", row[3]).groups())
            self.assertTrue(lowest <= median <= highest, row)
            self.assertGreater(median, 85 if row[0].strip() == "iris" else 20, row)

    def test_a_table_of_files(self):
        result = self.make("--files", "titanic.csv,housing.data", "--seeds", "2", script="quality_tables.py")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [row.strip("|").split("|") for row in result.stdout.splitlines()[2:]]
        self.assertEqual([row[0].strip() for row in rows], ["titanic.csv", "housing.data"])
        for row in rows:
            for scores in row[1:3]:
                self.assertGreater(float(scores.split()[0]), 80, row)

    def test_a_table_of_initial_weights(self):
        result = self.make("--sets", "iris", "--seeds", "1", "--inits", "torch,he-normal", script="initial_weights.py")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [row.strip("|").split("|") for row in result.stdout.splitlines()[2:]]
        self.assertEqual([row[1].strip() for row in rows], ["adam", "momentum", "six layers", "defaults"])
        for row in rows:
            self.assertGreater(min(map(float, row[2:])), 75, row)

    def test_a_set_that_is_not_there(self):
        result = self.make("--sets", "irises")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no set 'irises'; expected some of iris, wine", result.stderr)
