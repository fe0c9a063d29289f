"""Injects faults of memory, files, threads and processes, one at a time (injection.py): with --thorough at every call,
otherwise at the first calls and at some of the others."""
import json
import unittest

import injection
from common import OK, PLACES, CommandTest, environment

# Runs of one command under one fault, unless --thorough; under the sanitizers, where they are slow, a part of the faults.
MOST_RUNS = 12
MOST_SANITIZED_RUNS = 6
SANITIZED = ["memory:ENOMEM", "memory:ENOMEM+", "open:EACCES", "read:short+", "write:ENOSPC+", "map:ENOMEM",
             "thread:EAGAIN"]


class Injection(CommandTest):
    def setUp(self):
        super().setUp()
        if not PLACES.shim:
            self.skipTest("needs --shim")

    def timings(self):
        """The output of a short run, each sample four times: so many can show a change, which gate wants."""
        self.succeed(*injection.BENCH, "--out", self.path("timings.json"), env=environment(**injection.SHORT))
        told = json.loads((self.folder / "timings.json").read_text())
        told["benchmarks"] = [entry for entry in told["benchmarks"] if entry["run_type"] == "iteration"] * 4
        return json.dumps(told, indent=2).encode()  # as bench writes it, which replaces no other JSON

    def test_every_fault_is_met(self):
        with open(self.trained(), "rb") as file:
            model = file.read()
        self.succeed(*injection.training(), "--checkpoint", "checkpoint")
        checkpoint = (self.folder / "checkpoint").read_bytes()
        commands = injection.commands(model, self.timings(), checkpoint)
        most = None if PLACES.thorough else MOST_SANITIZED_RUNS if PLACES.sanitized else MOST_RUNS
        faults = SANITIZED if PLACES.sanitized and not PLACES.thorough else injection.FAULTS
        loops = [lambda c=command, f=fault: injection.Loop(c, f, self.folder, most).check_all()
                 for command in commands for fault in faults]
        results = {command.name: [] for command in commands}
        runs = dict.fromkeys(results, 0)
        codes = {name: set() for name in results}

        def collect(loop):
            results[loop.command.name] += loop.wrong
            runs[loop.command.name] += loop.runs
            codes[loop.command.name] |= loop.codes

        injection.run_loops(loops, collect)
        for name, wrong in results.items():
            print(f"# {name}: {runs[name]} faults, exit codes {sorted(codes[name], key=str)}, {len(wrong)} wrong")
            with self.subTest(name):
                self.assertGreater(runs[name], 12)
                self.assertFalse(wrong, f"{len(wrong)} of {runs[name]} runs\n" + "\n".join(wrong[:40]))


class Judge(unittest.TestCase):
    """The judge finds each kind of wrong outcome."""

    COMMAND = injection.Command("train", [], {"m": b"old"}, output="m", whole=lambda text: "saved" in text)

    def outcome(self, code=5, out="", err="gradmill: m: cannot write", report="", **files):
        result = object.__new__(injection.Outcome)
        result.code, result.out, result.errors = code, out, err.splitlines()
        result.report, result.files = report.splitlines(), {"m": b"old", **files}
        result.sanitizer = injection.sanitizer_report(err)
        return result

    def judge(self, fault="write:EIO", **changes):
        good = self.outcome(OK, "saved m", "", m=b"new")
        return injection.judge(self.COMMAND, fault, self.outcome(**changes), good)

    def test_what_is_right(self):
        self.assertEqual(self.judge(), [])
        self.assertEqual(self.judge(code=OK, out="saved m", err="", m=b"new"), [])
        self.assertEqual(self.judge("unlink:EACCES", left=b""), [])

    def test_what_is_wrong(self):
        cases = {
            "torn file": dict(m=b"ne"),
            "file lost": dict(m=None),
            "success without the new file": dict(code=OK, out="saved m", err=""),
            "success that is not said": dict(code=OK, err="", m=b"new"),
            "success with a complaint": dict(code=OK, out="saved m", m=b"new"),
            "claim": dict(out="saved m"),
            "signal": dict(code=-11),
            "hang": dict(code="hangs"),
            "other code": dict(code=3),
            "no line": dict(err=""),
            "two lines": dict(err="gradmill: a\ngradmill: b"),
            "line of another": dict(err="OpenBLAS: no threads"),
            "temporary file": dict(left=b""),
            "report of a sanitizer": dict(err="a.c:3:5: runtime error: signed integer overflow"),
            "leak": dict(report="block 12 by gradmill+0x1"),
            "open file": dict(report="descriptor 5"),
        }
        for name, changes in cases.items():
            with self.subTest(name):
                self.assertNotEqual(self.judge(**changes), [])
