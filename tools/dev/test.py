"""./dev test [--preset PRESET] [GROUP…]: runs the groups of tests/groups.txt, and ends with one line that counts them all.

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
class Group:
    name: str
    how: str
    is_apart: bool

    def run(self, output: IO[str]) -> Count:
        count, exit_code = HOW[self.how](self.name, output)
        if count == Count():
            print(f"{self.name}: no tests ran", file=output, flush=True)
            return Count(failed=1)
        if exit_code != 0 and count.failed == 0:
            print(f"{self.name}: exit {exit_code} though no test failed", file=output, flush=True)
            return count + Count(failed=1)
        return count


@dataclass(frozen=True)
class Ended:
    group: Group
    count: Count
    seconds: float
    output: str = ""


def run_ctest(_name: str, output: IO[str]) -> tuple[Count, int]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run(["ctest", "--test-dir", f"build/{PRESET}", "--output-on-failure", "--no-tests=error",
                               "--parallel", str(os.cpu_count()), "--output-junit", report.name],
                              stdout=output, stderr=subprocess.STDOUT)
        cases = ElementTree.parse(report.name).getroot().iter("testcase") if os.stat(report.name).st_size else []
        return sum(map(count_ctest_case, cases), Count()), done.returncode


def count_ctest_case(case: ElementTree.Element) -> Count:
    """One ctest case is one cmocka program, which says how many tests it holds; any other program is one test."""
    output = case.findtext("system-out") or ""
    count = Count(**{kind: sum(map(int, pattern.findall(output))) for kind, pattern in CMOCKA.items()})
    if case.get("status") == "fail" and count.failed == 0:
        return count + Count(failed=1)
    return count if count != Count() else Count(passed=1)


def run_pytest(name: str, output: IO[str]) -> tuple[Count, int]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run([sys.executable, "-m", "pytest", f"tests/{name}", "--junit-xml", report.name],
                              stdout=output, stderr=subprocess.STDOUT)
        if not os.stat(report.name).st_size:
            return Count(), done.returncode
        suite = ElementTree.parse(report.name).getroot().find("testsuite")
        total, failed, errors, skipped = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
        return Count(total - failed - errors - skipped, failed + errors, skipped), done.returncode


def run_executable(name: str, output: IO[str]) -> tuple[Count, int]:
    last = ""
    with subprocess.Popen([f"tests/{name}/run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            last = line.strip() or last
            if not COUNTED.match(line):
                print(line, end="", file=output, flush=True)
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
        return Ended(group, group.run(sys.stdout), time.monotonic() - started_at)
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        count = group.run(output)
        output.seek(0)
        return Ended(group, count, time.monotonic() - started_at, output.read())


def run_groups(chosen: list[Group]) -> list[Ended]:
    ended = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for future in as_completed([pool.submit(run_group, group, len(chosen) == 1) for group in chosen]):
            ended.append(future.result())
            if ended[-1].output:
                say(f"== {ended[-1].group.name} has ended\n{ended[-1].output}")
    return sorted(ended, key=lambda it: chosen.index(it.group))


def main(names: list[str]) -> int:
    forget_callers_settings()
    watch_by_sanitizers()
    known = groups()
    ended = run_groups([known[name] for name in names] or [group for group in known.values() if not group.is_apart])
    total = sum((it.count for it in ended), count_reports())
    summary = [f"{it.group.name:<12} {it.count}  ({it.seconds:.1f} s)" for it in ended]
    say("\n".join(["", *summary, str(total)]))
    return 1 if total.failed or not total.passed else 0


sys.exit(main(sys.argv[1:]))
