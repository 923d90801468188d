"""./dev test [GROUP…]: runs the groups of tests/groups.txt, and ends with one line that counts them all."""
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

COUNTED = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
CMOCKA = {"passed": re.compile(r"\[  PASSED  \] (\d+) test"), "failed": re.compile(r"\[  FAILED  \] (\d+) test"),
          "skipped": re.compile(r"\[  SKIPPED \] (\d+) test")}


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


@dataclass(frozen=True)
class Group:
    name: str
    how: str
    is_apart: bool

    def run(self) -> Count:
        count, exit_code = HOW[self.how](self.name)
        if count == Count():
            print(f"{self.name}: no tests ran")
            return Count(failed=1)
        if exit_code != 0 and count.failed == 0:
            print(f"{self.name}: exit {exit_code} though no test failed")
            return count + Count(failed=1)
        return count


def run_ctest(_name: str) -> tuple[Count, int]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run(["ctest", "--test-dir", "build/release", "--output-on-failure", "--no-tests=error",
                               "--parallel", str(os.cpu_count()), "--output-junit", report.name])
        cases = ElementTree.parse(report.name).getroot().iter("testcase") if os.stat(report.name).st_size else []
        return sum(map(count_ctest_case, cases), Count()), done.returncode


def count_ctest_case(case: ElementTree.Element) -> Count:
    """One ctest case is one cmocka program, which says how many tests it holds; any other program is one test."""
    output = case.findtext("system-out") or ""
    count = Count(**{kind: sum(map(int, pattern.findall(output))) for kind, pattern in CMOCKA.items()})
    if case.get("status") == "fail" and count.failed == 0:
        return count + Count(failed=1)
    return count if count != Count() else Count(passed=1)


def run_pytest(name: str) -> tuple[Count, int]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run([sys.executable, "-m", "pytest", f"tests/{name}", "--junit-xml", report.name])
        if not os.stat(report.name).st_size:
            return Count(), done.returncode
        suite = ElementTree.parse(report.name).getroot().find("testsuite")
        total, failed, errors, skipped = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
        return Count(total - failed - errors - skipped, failed + errors, skipped), done.returncode


def run_executable(name: str) -> tuple[Count, int]:
    last = ""
    with subprocess.Popen([f"tests/{name}/run"], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            last = line.strip() or last
            if not COUNTED.match(line):
                print(line, end="", flush=True)
    counted = COUNTED.match(last)
    return Count(*(int(number or 0) for number in counted.groups())) if counted else Count(), process.returncode


HOW = {"ctest": run_ctest, "pytest": run_pytest, "run": run_executable}


def groups() -> dict[str, Group]:
    rows = [line.split() for line in Path("tests/groups.txt").read_text().splitlines()]
    return {row[0]: Group(row[0], row[1], "apart" in row[2:]) for row in rows if row and not row[0].startswith("#")}


def forget_callers_settings() -> None:
    """The shell may have evaluated ./dev env: no test is to meet that stack."""
    for name in [name for name in os.environ if name.startswith("LOCKBOX_") and not name.startswith("LOCKBOX_DEV_")]:
        del os.environ[name]


def main(names: list[str]) -> int:
    forget_callers_settings()
    known = groups()
    total = Count()
    summary = []
    for group in [known[name] for name in names] or [group for group in known.values() if not group.is_apart]:
        print(f"== {group.name}", flush=True)
        started_at = time.monotonic()
        count = group.run()
        total += count
        summary.append(f"{group.name:<12} {count}  ({time.monotonic() - started_at:.1f} s)")
    print("\n".join(["", *summary, str(total)]), flush=True)
    return 1 if total.failed or not total.passed else 0


sys.exit(main(sys.argv[1:]))
