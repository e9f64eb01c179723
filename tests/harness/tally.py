#!/usr/bin/python3
"""Counts test cases in ctest's JUnit files: tally.py BROKEN FILE.xml...

ctest knows programs; this looks into their output for the cases of unittest and cmocka. A program whose
output shows neither counts as one case; one that fails without a failed case to show for it (a crash, a time
limit) counts as one failure. BROKEN is a number of failures that have no file (builds). Names what failed and
what was skipped; the last line is the sum; exits 1 if anything failed.
"""
import collections
import os
import re
import sys
import xml.etree.ElementTree as xml


def unittest_counts(text):
    ran = sum(int(n) for n in re.findall(r"(?m)^Ran (\d+) tests? in ", text))
    if not re.search(r"(?m)^Ran \d+ tests? in ", text):
        return None
    end = " ".join(re.findall(r"(?m)^(?:OK|FAILED)(?: \((.*)\))?$", text))
    number = {word: int(n) for word, n in re.findall(r"(failures|errors|skipped|expected failures)=(\d+)", end)}
    skipped = number.get("skipped", 0)
    failed = number.get("failures", 0) + number.get("errors", 0)
    return max(ran - skipped - failed, 0), failed, skipped


def cmocka_counts(text):
    passed = sum(int(n) for n in re.findall(r"(?m)^\[  PASSED  \] (\d+) test", text))
    failed = sum(int(n) for n in re.findall(r"(?m)^\[  FAILED  \] [^\n]*?(\d+) test", text))
    skipped = sum(int(n) for n in re.findall(r"(?m)^\[  SKIPPED \] (\d+) test", text))
    if not re.search(r"(?m)^\[==========\]", text):
        return None
    return passed, failed, skipped


def case_counts(case):
    text = case.findtext("system-out") or ""
    status = case.get("status")
    if status in ("notrun", "disabled") or case.find("skipped") is not None:
        return (0, 0, 1) if case.find("skipped") is not None else (0, 1, 0)
    passed, failed, skipped = unittest_counts(text) or cmocka_counts(text) or (0, 0, 0)
    if status == "fail":
        return passed, max(failed, 1), skipped
    return (passed, failed, skipped) if passed + failed + skipped else (1, 0, 0)


def skips(text):
    """How many cases were skipped for which reason, from unittest's verbose output."""
    return collections.Counter(re.findall(r"(?m)\.\.\. skipped ['\"](.*)['\"]$", text))


def main(broken, paths):
    total = [0, int(broken), 0]
    for path in paths:
        run = os.path.splitext(os.path.basename(path))[0]
        sums = [0, 0, 0]
        for case in xml.parse(path).getroot().iter("testcase"):
            counts = case_counts(case)
            sums = [a + b for a, b in zip(sums, counts)]
            if counts[1]:
                print(f"failed:  {run} {case.get('name')}: {counts[1]}")
            for reason, count in skips(case.findtext("system-out") or "").items():
                print(f"skipped: {run} {case.get('name')}: {count}: {reason}")
        print("{}: {} passed, {} failed, {} skipped".format(run, *sums))
        total = [a + b for a, b in zip(total, sums)]
    if int(broken):
        print(f"failed:  {broken} build or run without a result")
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
