"""./dev test [--preset PRESET] [GROUP…]: runs the groups of tests/groups.txt. Prints the slowest tests, each group's count and
time, and ends with one line that counts all tests.

Most tests wait for servers most of the time, so several groups run at once, each on servers of its own. What a group
prints is shown when it has ended; a single group's at once.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PRESET = os.environ.get("LOCKBOX_DEV_PRESET", "release")
COUNTED = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
CMOCKA = {"passed": re.compile(r"\[  PASSED  \] (\d+) test"), "failed": re.compile(r"\[  FAILED  \] (\d+) test"),
          "skipped": re.compile(r"\[  SKIPPED \] (\d+) test")}

# What sanitizers find in any process of the tests is a file in here.
REPORTS = Path("build").absolute() / PRESET / "reports"


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
class Timed:
    """One test, or one program of C tests, by the name that runs it again."""
    name: str
    seconds: float


@dataclass(frozen=True)
class Group:
    name: str
    how: str
    is_apart: bool

    def run(self, output: IO[str]) -> tuple[Count, list[Timed]]:
        count, exit_code, timed = HOW[self.how](self.name, output)
        if count == Count():
            print(f"{self.name}: no tests ran", file=output, flush=True)
            count = Count(failed=1)
        if exit_code != 0 and count.failed == 0:
            print(f"{self.name}: exit {exit_code} though no test failed", file=output, flush=True)
            count += Count(failed=1)
        return count, timed


@dataclass(frozen=True)
class Ended:
    group: Group
    count: Count
    seconds: float
    timed: list[Timed]
    output: str = ""


def cases_in(report: Path) -> list[ElementTree.Element]:
    """The tests of a report in JUnit's XML, none if the program wrote none."""
    return list(ElementTree.parse(report).getroot().iter("testcase")) if report.stat().st_size else []


def run_ctest(_name: str, output: IO[str]) -> tuple[Count, int, list[Timed]]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run(["ctest", "--test-dir", f"build/{PRESET}", "--output-on-failure", "--no-tests=error",
                               "--parallel", str(os.cpu_count()), "--output-junit", report.name],
                              stdout=output, stderr=subprocess.STDOUT)
        cases = cases_in(Path(report.name))
    timed = [Timed(f"ctest -R {case.get('name')}", float(case.get("time"))) for case in cases]
    return sum(map(count_ctest_case, cases), Count()), done.returncode, timed


def count_ctest_case(case: ElementTree.Element) -> Count:
    """One ctest case is one cmocka program, which says how many tests it holds; any other program is one test."""
    output = case.findtext("system-out") or ""
    count = Count(**{kind: sum(map(int, pattern.findall(output))) for kind, pattern in CMOCKA.items()})
    if case.get("status") == "fail" and count.failed == 0:
        return count + Count(failed=1)
    return count if count != Count() else Count(passed=1)


def run_pytest(name: str, output: IO[str]) -> tuple[Count, int, list[Timed]]:
    """A test's time is without its fixtures': the first one of a group would count the start of its servers."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run([sys.executable, "-m", "pytest", f"tests/{name}", "--junit-xml", report.name,
                               "-o", "junit_duration_report=call"], stdout=output, stderr=subprocess.STDOUT)
        cases = cases_in(Path(report.name))
    timed = [Timed(f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}", float(case.get("time"))) for case in cases]
    return sum(map(count_pytest_case, cases), Count()), done.returncode, timed


def count_pytest_case(case: ElementTree.Element) -> Count:
    """A test that passed, and whose fixtures failed in the end, has failed."""
    if case.find("failure") is not None or case.find("error") is not None:
        return Count(failed=1)
    return Count(skipped=1) if case.find("skipped") is not None else Count(passed=1)


def run_executable(name: str, output: IO[str]) -> tuple[Count, int, list[Timed]]:
    last = ""
    with subprocess.Popen([f"tests/{name}/run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace") as process:
        for line in process.stdout:
            last = line.strip() or last
            if not COUNTED.match(line):
                print(line, end="", file=output, flush=True)
    counted = COUNTED.match(last)
    return Count(*(int(number or 0) for number in counted.groups())) if counted else Count(), process.returncode, []


HOW = {"ctest": run_ctest, "pytest": run_pytest, "run": run_executable}


def groups() -> dict[str, Group]:
    rows = [line.split() for line in Path("tests/groups.txt").read_text().splitlines()]
    return {row[0]: Group(row[0], row[1], "apart" in row[2:]) for row in rows if row and not row[0].startswith("#")}


def forget_callers_settings() -> None:
    """The shell may have evaluated ./dev env: no test is to meet that stack."""
    for name in [name for name in os.environ if name.startswith("LOCKBOX_") and not name.startswith("LOCKBOX_DEV_")]:
        del os.environ[name]


def watch_by_sanitizers() -> None:
    """Options for the programs of a build that has sanitizers; others do not look at them."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    if PRESET != "release":
        REPORTS.mkdir(parents=True)
    lists = Path("tests/sanitize").absolute()
    os.environ |= {"ASAN_OPTIONS": f"log_path={REPORTS}/asan:detect_stack_use_after_return=1",
                   "LSAN_OPTIONS": f"suppressions={lists}/leaks.txt:print_suppressions=0",
                   "UBSAN_OPTIONS": f"log_path={REPORTS}/ubsan:print_stacktrace=1:halt_on_error=1",
                   "TSAN_OPTIONS": f"log_path={REPORTS}/tsan:suppressions={lists}/races.txt"}


def count_reports() -> Count:
    """Each is a failure, whichever test it belongs to."""
    reports = sorted(REPORTS.glob("*")) if REPORTS.exists() else []
    for report in reports:
        say(f"== {report}\n{report.read_text(errors='replace')[:6000]}")
    if reports:
        say(f"{len(reports)} reports of sanitizers, in {REPORTS}")
    return Count(failed=len(reports))


def say(text: str) -> None:
    """A line at once: several threads speak."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run_group(group: Group, is_alone: bool) -> Ended:
    started_at = time.monotonic()
    say(f"== {group.name}")
    if is_alone:
        count, timed = group.run(sys.stdout)
        return Ended(group, count, time.monotonic() - started_at, timed)
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        count, timed = group.run(output)
        output.seek(0)
        return Ended(group, count, time.monotonic() - started_at, timed, output.read())


def run_groups(chosen: list[Group]) -> list[Ended]:
    ended = []
    with ThreadPoolExecutor((os.cpu_count() or 1) + 2) as pool:  # a test mostly waits
        for future in as_completed([pool.submit(run_group, group, len(chosen) == 1) for group in chosen]):
            ended.append(future.result())
            if ended[-1].output:
                say(f"== {ended[-1].group.name} has ended\n{ended[-1].output}")
    return sorted(ended, key=lambda it: chosen.index(it.group))


def slowest(ended: list[Ended]) -> list[str]:
    """The ten tests that took longest."""
    timed = sorted((it for group in ended for it in group.timed), key=lambda it: it.seconds, reverse=True)[:10]
    return ["slowest:", *(f"{it.seconds:8.1f} s  {it.name}" for it in timed), ""] if timed else []


def main(names: list[str]) -> int:
    forget_callers_settings()
    watch_by_sanitizers()
    known = groups()
    ended = run_groups([known[name] for name in names] or [group for group in known.values() if not group.is_apart])
    total = sum((it.count for it in ended), count_reports())
    summary = [f"{it.group.name:<14} {it.count}  ({it.seconds:.1f} s)" for it in ended]
    say("\n".join(["", *slowest(ended), *summary, str(total)]))
    return 1 if total.failed or not total.passed else 0


sys.exit(main(sys.argv[1:]))
