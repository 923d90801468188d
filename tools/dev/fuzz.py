"""./dev fuzz [NAME…] [--seconds N] [--jobs N]: runs the fuzzers of tests/fuzz, and ends with a line of each: how many
inputs it ran, and what broke.

An input that breaks something is kept as build/fuzz/found/NAME-…; what was found new to the code's paths goes into
build/fuzz/corpus/NAME, from which the next run begins. Regressions (tests/fuzz/regressions) and seeds are always run first.
"""
import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

BUILD = Path("build/fuzz")
REGRESSIONS = Path("tests/fuzz/regressions")
RUNS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
MAX_BYTES = {"event": 16384, "summary": 16384, "meaning": 16384, "read": 16384, "mail": 8192, "export": 16384}


@dataclass(frozen=True)
class Ended:
    name: str
    exit_code: int
    runs: int
    output: str


def names() -> list[str]:
    return sorted(path.stem.removeprefix("fuzz_") for path in Path("tests/fuzz").glob("fuzz_*.c"))


def command(name: str, seconds: int) -> list[str]:
    corpus, found = BUILD / "corpus" / name, BUILD / "found"
    for directory in (corpus, found):
        directory.mkdir(parents=True, exist_ok=True)
    words = BUILD / f"seeds/{name}.dict"
    folders = [corpus, BUILD / "seeds" / name, *([REGRESSIONS / name] if (REGRESSIONS / name).exists() else [])]
    return [str(BUILD / "fuzz" / f"fuzz_{name}"), f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=10",
            "-rss_limit_mb=2048", "-use_value_profile=1", f"-max_len={MAX_BYTES.get(name, 4096)}",
            *([f"-dict={words}"] if words.exists() else []), f"-artifact_prefix={found}/{name}-", *map(str, folders)]


def run(name: str, seconds: int) -> Ended:
    done = subprocess.run(command(name, seconds), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env={**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"})
    (BUILD / "log").mkdir(exist_ok=True)
    (BUILD / f"log/{name}.log").write_text(done.stdout)
    counted = RUNS.search(done.stdout)
    return Ended(name, done.returncode, int(counted[1]) if counted else 0, done.stdout)


def tell(ended: Ended) -> None:
    if ended.exit_code:
        print("\n".join(ended.output.splitlines()[-60:]))
    verdict = "clean" if ended.exit_code == 0 else f"BROKEN, see {BUILD}/found/{ended.name}-*"
    print(f"{ended.name:<10} {ended.runs:>12,} runs  {verdict}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all of them")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for each (60)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="at a time (as many as processors)")
    given = parser.parse_args()
    unknown = set(given.name) - set(names())
    if unknown:
        parser.error(f"no such fuzzer: {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    subprocess.run([sys.executable, "tests/fuzz/seeds.py", BUILD / "seeds"], check=True)
    broken = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for ended in pool.map(lambda name: run(name, given.seconds), given.name or names()):
            tell(ended)
            broken += ended.exit_code != 0
    count = len(given.name or names())
    print(f"{count - broken} passed, {broken} failed")
    return 1 if broken else 0


sys.exit(main())
