"""Judge a test run: Odoo's log and the output of unittest runs.

Prints what went wrong, and as its last line ``N passed, N failed``. Exits with 1 when
a test failed, when none ran, or when the log holds a warning or an error that the
allow-list does not know: a log that needs explaining is a failure too.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) \S+ (?P<logger>[^\s:]+): (?P<text>.*)$"
)
SUMMARY = re.compile(
    r"(?P<failures>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<run>\d+) tests when"
)
# A test whose subtests fail, or that fails in several places, is one failed test.
FAILURE = re.compile(
    r"(?:FAIL|ERROR): (?:Subtest )?(?P<test>(?:(?:setUp|tearDown)Class )?\S+)"
)
CLASS_LEVEL = ("setUpClass", "tearDownClass")
CLASS_SKIPPED = "skipped setUpClass"
UNITTEST_RUN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_BAD = re.compile(r"^FAILED \((.*)\)$", re.MULTILINE)
UNITTEST_SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*skipped=(\d+)", re.MULTILINE)
QUIET_LEVELS = {"DEBUG", "INFO", "RUNBOT", "TEST"}


@dataclass
class Verdict:
    """What all runs together came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    complaints: list = field(default_factory=list)

    def count(self, run, failed, skipped):
        """Add the numbers of one runner."""
        self.passed += max(0, run - failed - skipped)
        self.failed += failed
        self.skipped += skipped

    def complain(self, text):
        """Note something that is no failed test but fails the run all the same."""
        self.failed += 1
        self.complaints.append(text)


def read_allowed(path):
    """Return the patterns of the allow-list; a ``#`` line explains the next one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [re.compile(line) for line in lines if line and not line.startswith("#")]


def read_records(path):
    """Yield level, logger and text of each log record, continuation lines included."""
    record = None
    with path.open(encoding="utf-8", errors="replace") as log:
        for line in log:
            match = RECORD.match(line)
            if match:
                if record:
                    yield record
                record = [match["level"], match["logger"], match["text"].rstrip()]
            elif record:
                record[2] += "\n" + line.rstrip()
    if record:
        yield record


def judge_log(path, status, allowed, verdict):
    """Judge the log of one Odoo run that ended with this exit status."""
    summary = None
    skipped = 0
    bad = 0
    failures = set()
    for level, logger, text in read_records(path):
        if logger == "odoo.tests.result" and SUMMARY.match(text):
            summary = SUMMARY.match(text)
        elif level in QUIET_LEVELS:
            skipped += text.startswith("skipped ") and not text.startswith(
                CLASS_SKIPPED
            )
        elif not any(pattern.match(f"{level} {logger}: {text}") for pattern in allowed):
            print(f"\n{level} {logger}: {text}")
            bad += 1
            match = FAILURE.match(text)
            if match:
                failures.add((logger, match["test"]))
    if not summary:
        verdict.complain(f"Odoo ended with status {status} and no test result")
        return
    reported = int(summary["failures"]) + int(summary["errors"])
    failed = len(failures) or reported
    # The tests of a class whose set-up failed have not been run at all.
    classes = sum(test.startswith(CLASS_LEVEL) for _logger, test in failures)
    verdict.count(int(summary["run"]) + classes, failed, skipped)
    if summary["run"] == "0":
        verdict.complain("Odoo ran no test")
    if not failed and bad:
        verdict.complain(f"{bad} unexpected warnings or errors in the log, see above")
    if not failed and not bad and status:
        verdict.complain(f"Odoo ended with status {status}, though all seems well")


def judge_unittest(path, verdict):
    """Judge what ``python -m unittest`` printed."""
    output = path.read_text(encoding="utf-8", errors="replace")
    run = UNITTEST_RUN.search(output)
    bad = UNITTEST_BAD.search(output)
    skipped = UNITTEST_SKIPPED.search(output)
    numbers = re.findall(r"(?:failures|errors|successes)=(\d+)", bad[1]) if bad else []
    failed = sum(map(int, numbers))
    verdict.count(int(run[1]) if run else 0, failed, int(skipped[1]) if skipped else 0)
    if failed:
        print(f"\n{output.strip()}")
    elif not run or run[1] == "0" or "exit status not zero" in output:
        print(f"\n{output.strip()}")
        verdict.complain(f"the unit tests of {path.stem} did not run to their end")


def main():
    """Judge the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--log", type=Path, action="append", default=[], help="log of an Odoo run"
    )
    parser.add_argument(
        "--status", type=int, action="append", default=[], help="its exit status"
    )
    parser.add_argument("--allow", type=Path, required=True, help="allow-list")
    parser.add_argument("unittest", type=Path, nargs="*", help="unittest output")
    options = parser.parse_args()
    verdict = Verdict()
    for path in options.unittest:
        judge_unittest(path, verdict)
    for log, status in zip(options.log, options.status, strict=True):
        judge_log(log, status, read_allowed(options.allow), verdict)
    for complaint in verdict.complaints:
        print(f"\nFAILED: {complaint}")
    skipped = f", {verdict.skipped} skipped" if verdict.skipped else ""
    print(f"\n{verdict.passed} passed, {verdict.failed} failed{skipped}")
    return 1 if verdict.failed or not verdict.passed else 0


if __name__ == "__main__":
    sys.exit(main())
