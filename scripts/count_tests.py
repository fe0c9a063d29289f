#!/usr/bin/env python3
"""count_tests.py PASSED FAILED REPORT...: adds the JUnit reports that meson wrote to the checks counted already,
names what failed, and ends with `N passed, N failed`."""
import os
import sys
import xml.etree.ElementTree as ElementTree

passed, failed = int(sys.argv[1]), int(sys.argv[2])
for path in sys.argv[3:]:
    if not os.path.exists(path):
        print(f"FAILED {path.split('/')[0]}: no tests were run")
        failed += 1
        continue
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        cases = list(suite.iter("testcase"))
        bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
        skipped = [case for case in cases if case.find("skipped") is not None]
        for case in bad:
            print(f"FAILED {path.split('/')[0]} {suite.get('name')}: {case.get('name')}")
        # If the test program itself died, there may be no failed case in the report.
        died = int(suite.get("errors") or 0) > 0 and not bad
        if died:
            print(f"FAILED {path.split('/')[0]} {suite.get('name')}: the test program itself")
        failed += len(bad) + died
        passed += len(cases) - len(bad) - len(skipped)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)
