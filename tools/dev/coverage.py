"""./dev coverage: what the unit tests (ctest) run of common/, line by line and branch by branch.

A page a file is in build/coverage/report. Every branch of common/core and common/mail has to be taken, or this fails and says which are
not: it is the code that decides, it is pure, and a test of any branch is a few lines.
"""
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

BUILD = Path("build/coverage")
REPORT = BUILD / "report"
WHOLE = ("common/core/", "common/mail/")
# Branches that no test can take: an assert's failure, which is our own bug; and of a switch over an enum, which has no
# default, the value that the enum has not. That each case is run is seen by its lines.
NO_BRANCHES = r".*\b(assert|switch) ?\(.*"


def run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{command[0]} failed: exit {done.returncode}")


def measure() -> dict:
    for counts in BUILD.rglob("*.gcda"):  # of the last run
        counts.unlink()
    run("ctest", "--test-dir", BUILD, "--output-on-failure", "--no-tests=error", "--parallel", os.cpu_count())
    REPORT.mkdir(exist_ok=True)
    run("gcovr", "--root", ".", "--object-directory", BUILD, "--filter", "common/", "--exclude", "build/",
        "--exclude-branches-by-pattern", NO_BRANCHES, "-j", os.cpu_count(), "--json", REPORT / "coverage.json", "--html-details",
        REPORT / "index.html")
    return json.loads((REPORT / "coverage.json").read_text())


def folder_of(path: str) -> str:
    return "/".join(Path(path).parts[:2])


def counted(lines: list[dict]) -> tuple[int, int, int, int]:
    """Lines run, lines, branches taken, branches."""
    lines = [line for line in lines if not line.get("gcovr/noncode")]
    branches = [branch for line in lines for branch in line["branches"]]
    return (sum(line["count"] > 0 for line in lines), len(lines), sum(branch["count"] > 0 for branch in branches), len(branches))


def tell(files: list[dict]) -> None:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for file in files:
        for i, number in enumerate(counted(file["lines"])):
            sums[folder_of(file["file"])][i] += number
    for folder, (run_lines, lines, taken, branches) in sorted(sums.items()):
        print(f"{folder:<20} {share(run_lines, lines)} {share(taken, branches)}")
    print(f"Page: {REPORT}/index.html")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 100:6.1f} % {f'of {whole}':<9}"


def missing(files: list[dict]) -> list[str]:
    found = []
    for file in files:
        if not file["file"].startswith(WHOLE):
            continue
        for line in file["lines"]:
            untaken = sum(branch["count"] == 0 for branch in line["branches"])
            if line["count"] == 0 and not line.get("gcovr/noncode"):
                found.append(f"{file['file']}:{line['line_number']}: never run")
            elif untaken:
                found.append(f"{file['file']}:{line['line_number']}: {untaken} of {len(line['branches'])} branches never taken")
    return found


def main() -> int:
    files = measure()["files"]
    tell(files)
    found = missing(files)
    for line in found:
        print(line)
    verdict = f"{len(found)} lines want a test" if found else "every branch is taken"
    print(f"{' and '.join(WHOLE)}: {verdict}")
    return 1 if found else 0


sys.exit(main())
