"""Checks tests/FAULTS.md: every row names tests, and all of these tests exist."""
import re

from common import PLACES, CommandTest


def rows(text):
    """(fault, cell of the tests) of each row below a head."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] != "fault":
            yield cells[0], cells[-1]


class FaultList(CommandTest):
    def exists(self, file, name):
        tests = PLACES.source / "tests"
        if file.endswith(".py"):
            path, pattern = tests / "command" / file, rf"^    def {name}\(self\)"
        else:
            path, pattern = tests / file, rf"^Test\(\w+, {name}\b"
        return path.is_file() and re.search(pattern, path.read_text(encoding="utf-8"), re.M) is not None

    def test_every_fault_is_held_by_tests_that_exist(self):
        listed = list(rows((PLACES.source / "tests" / "FAULTS.md").read_text(encoding="utf-8")))
        self.assertGreater(len(listed), 60)
        for fault, tests in listed:
            with self.subTest(fault):
                names = re.findall(r"`([\w.]+):(\w+)`", tests)
                self.assertTrue(names, tests)
                self.assertEqual(tests.count("`"), 2 * len(names), tests)
                self.assertEqual([name for name in names if not self.exists(*name)], [])

    def test_a_test_that_is_gone_is_noticed(self):
        self.assertTrue(self.exists("test_safetensors.c", "refuses_bad_json"))
        self.assertFalse(self.exists("test_safetensors.c", "refuses_bad_jso"))
        self.assertFalse(self.exists("test_safetensor.c", "refuses_bad_json"))
        self.assertTrue(self.exists("test_faults.py", "test_csv"))
        self.assertFalse(self.exists("test_faults.py", "test_cs"))
