#!/usr/bin/env python3
"""Tests scripts/count_tests.py: the last line and the exit code that the whole test run ends with."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "count_tests.py"

GOOD = b'<testsuites><testsuite name="a" errors="0"><testcase name="1"/><testcase name="2"/></testsuite></testsuites>'
FAILED = b"""<testsuites><testsuite name="a" errors="0"><testcase name="1"/><testcase name="2"><failure/></testcase>
<testcase name="3"><skipped/></testcase></testsuite></testsuites>"""
DIED = b'<testsuites><testsuite name="a" errors="1"><testcase name="1"/></testsuite></testsuites>'


class CountTests(unittest.TestCase):
    def count(self, *reports, before=("3", "0")):
        """The last line, what comes before it, and the exit code. A report that is None has no file."""
        with tempfile.TemporaryDirectory() as folder:
            names = [f"report{i}.xml" for i in range(len(reports))]
            for name, content in zip(names, reports):
                if content is not None:
                    (pathlib.Path(folder) / name).write_bytes(content)
            result = subprocess.run([sys.executable, SCRIPT, *before, *names], cwd=folder, capture_output=True, text=True,
                                    check=False)
        *lines, last = result.stdout.splitlines()
        return last, lines, result.returncode

    def test_reports_are_added_to_what_was_counted(self):
        self.assertEqual(self.count(GOOD, GOOD), ("7 passed, 0 failed", [], 0))

    def test_a_failure_before_is_one_in_the_end(self):
        self.assertEqual(self.count(GOOD, before=("3", "1")), ("5 passed, 1 failed", [], 1))

    def test_what_failed_is_named_and_what_was_skipped_has_not_passed(self):
        self.assertEqual(self.count(FAILED), ("4 passed, 1 failed", ["FAILED report0.xml a: 2"], 1))

    def test_a_program_that_died_has_failed(self):
        self.assertEqual(self.count(DIED), ("4 passed, 1 failed", ["FAILED report0.xml a: the test program itself"], 1))

    def test_a_report_that_is_missing_has_failed(self):
        self.assertEqual(self.count(None, GOOD), ("5 passed, 1 failed", ["FAILED report0.xml: no tests were run"], 1))

    def test_nothing_that_passed_is_a_failure(self):
        self.assertEqual(self.count(before=("0", "0")), ("0 passed, 0 failed", [], 1))

    def test_control_characters_are_no_obstacle(self):
        for byte in (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)):
            with self.subTest(byte):
                report = GOOD.replace(b'name="2"', b'name="2%c"' % byte)
                self.assertEqual(self.count(report), ("5 passed, 0 failed", [], 0))

    def test_a_report_that_cannot_be_read_has_failed(self):
        last, lines, code = self.count(GOOD[:-8], GOOD)
        self.assertEqual((last, code), ("5 passed, 1 failed", 1))
        self.assertRegex(lines[0], "^FAILED report0.xml: its report cannot be read: ")


if __name__ == "__main__":
    unittest.main()
