#!/usr/bin/env python3
"""Tests of the command as a black box: run.py --gradmill PATH --source DIR [OPTION...] [MODULE...]

Prints TAP: one line for each test, or for each case of a test that has several. Exit code 1 if any failed.
"""
import argparse
import importlib
import os
import pathlib
import signal
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class TapResult(unittest.TestResult):
    """Every outcome as a line; a method whose cases were reported has no line of its own."""

    def __init__(self):
        super().__init__()
        self.count = self.failed = 0
        self.parents = set()

    def line(self, test, good, remark=""):
        name = getattr(test, "_testMethodName", None) or test.id()
        parent = getattr(test, "test_case", None)
        if parent is not None:
            cases = test._message if isinstance(test._message, str) else ", ".join(map(str, test.params.values()))
            name = f"{parent._testMethodName}: {cases}"
            self.parents.add(parent)
            test = parent
        room = type(test).__module__.removeprefix("test_")
        name = " ".join(f"{room}: {name.removeprefix('test_').replace('_', ' ')}".split())
        name = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
        self.count += 1
        self.failed += not good
        word = "ok" if good else "not ok"
        print(f"{word} {self.count} - {name.replace('#', '.')[:150]}{remark}", flush=True)

    def complain(self, test, error):
        self.line(test, False)
        for line in self._exc_info_to_string(error, getattr(test, "test_case", test)).splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        if test not in self.parents:
            self.line(test, True)

    def addSubTest(self, test, subtest, error):
        if error is None:
            self.line(subtest, True)
        else:
            self.complain(subtest, error)

    def addFailure(self, test, error):
        self.complain(test, error)

    addError = addFailure

    def addSkip(self, test, reason):
        self.line(test, True, f" # SKIP {reason}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the names of all modules, and do nothing else")
    parser.add_argument("--gradmill", help="the command to test")
    parser.add_argument("--source", help="the source directory")
    parser.add_argument("--build", help="the build directory: tests of installing and of the examples")
    parser.add_argument("--shim", help="the shared module of inject.c: tests of faults at every place")
    parser.add_argument("--thorough", action="store_true", help="faults at every place, not only at some")
    parser.add_argument("--sanitized", action="store_true", help="the build has sanitizers: leave out what they forbid")
    parser.add_argument("modules", nargs="*", help="such as test_usage (default: all)")
    given = parser.parse_args()
    if not given.list and not (given.gradmill and given.source):
        parser.error("expected --gradmill and --source")
    return given


def all_modules():
    return sorted(path.stem for path in HERE.glob("test_*.py"))


def main():
    given = arguments()
    if given.list:
        print("\n".join(all_modules()))
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # nohup and the background ignore some of them
        signal.signal(number, signal.SIG_DFL)
    if not os.access(given.gradmill, os.X_OK):
        sys.exit(f"{given.gradmill}: no such command")
    sys.path.insert(0, str(HERE))
    sys.dont_write_bytecode = True
    import common

    common.PLACES.gradmill = os.path.abspath(given.gradmill)
    common.PLACES.source = pathlib.Path(given.source).resolve()
    common.PLACES.build = pathlib.Path(given.build).resolve() if given.build else None
    common.PLACES.shim = os.path.abspath(given.shim) if given.shim else None
    common.PLACES.thorough = given.thorough
    common.PLACES.sanitized = given.sanitized
    result = TapResult()
    for name in given.modules or all_modules():
        module = importlib.import_module(name)
        unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    print(f"1..{result.count}")
    return 1 if result.failed or result.count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
