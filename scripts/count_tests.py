#!/usr/bin/env python3
"""count_tests.py PASSED FAILED REPORT...: adds the JUnit reports that meson wrote to the checks counted already,
names what failed, and ends with `N passed, N failed`."""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

# Control characters that XML does not have. meson writes them all the same where a test prints them.
FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read(path):
    with open(path, "rb") as file:
        return ElementTree.fromstring(FORBIDDEN.sub(b"?", file.read()))


def count(path):
    """The numbers of tests that passed and that failed in one report. Names those that failed."""
    build = path.split("/")[0]
    if not os.path.exists(path):
        print(f"FAILED {build}: no tests were run")
        return 0, 1
    try:
        report = read(path)
    except ElementTree.ParseError as error:
        print(f"FAILED {build}: its report cannot be read: {error}")
        return 0, 1
    passed = failed = 0
    for suite in report.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
        skipped = [case for case in cases if case.find("skipped") is not None]
        for case in bad:
            print(f"FAILED {build} {suite.get('name')}: {case.get('name')}")
        # If the test program itself died, there may be no failed case in the report.
        died = int(suite.get("errors") or 0) > 0 and not bad
        if died:
            print(f"FAILED {build} {suite.get('name')}: the test program itself")
        failed += len(bad) + died
        passed += len(cases) - len(bad) - len(skipped)
    return passed, failed


def main():
    passed, failed = int(sys.argv[1]), int(sys.argv[2])
    for path in sys.argv[3:]:
        more_passed, more_failed = count(path)
        passed, failed = passed + more_passed, failed + more_failed
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


main()
