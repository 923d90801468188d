"""What reads C files one by one, and takes long: clang's warnings with clang-tidy, and cppcheck.

A file without findings is not looked at again until something changes that the answer depends on: the file, anything it
includes, how it is compiled, the tool, its settings. What that is, is hashed into a name; an empty file of that name in the
cache (~/.cache/lockbox/check, common to all worktrees) says that there was nothing to find. Findings are never kept.
"""
import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "stack"))

from distribution import version_of  # noqa: E402

BUILD = Path("build/release").absolute()
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lockbox/check"
CACHE_SECONDS = 60 * 86400
# GCC's own, or about linking.
NOT_FOR_CLANG = {"-Werror", "-fstack-clash-protection", "-fcf-protection", "-fPIC", "-fPIE"}

# __VA_OPT__, so that a line of the log is a call like another; arrays that are filled through a pointer, which the
# compilers follow; what is released by the cleanup attribute, of which the sanitizer misses nothing.
CPPCHECK_KNOWS_NOT = ("-Ulbx_log", "-ULBX_S", "-ULBX_N", "--suppress=uninitvar", "--suppress=ctuuninitvar", "--suppress=memleak")


@dataclass(frozen=True)
class Unit:
    """A C file as the build compiles it, and every file that goes into it."""
    source: Path
    flags: tuple[str, ...]
    includes: tuple[Path, ...]


@dataclass(frozen=True)
class Tool:
    """command: what runs it, without file and flags."""
    name: str
    command: tuple[str, ...]
    settings: tuple[Path, ...] = ()

    def line(self, unit: Unit) -> list[str]:
        if self.name == "clang-tidy":
            return [*self.command, str(unit.source), "--", *unit.flags]
        return [*self.command, *(flag for flag in unit.flags if flag[:2] in ("-I", "-D") and not flag.startswith("-I/usr")),
                str(unit.source)]


CLANG_TIDY = Tool("clang-tidy", (f"clang-tidy-{version_of('clang-tidy')}", "--quiet", "--warnings-as-errors=*"), (Path(".clang-tidy"), Path("tests/.clang-tidy")))
# Path by path; the Annex K functions that it would like better are none of glibc's.
ANALYZER = Tool("clang-tidy", (*CLANG_TIDY.command, "--checks=-*,clang-analyzer-*,"
                               "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"))
CPPCHECK = Tool("cppcheck", ("cppcheck", "--quiet", "--error-exitcode=1", "--enable=warning,performance,portability",
                             "--std=c11", "--library=posix,gnu", "--inline-suppr", *CPPCHECK_KNOWS_NOT,
                             "--template={file}:{line}: {severity}: {message} [{id}]"))


def units() -> list[Unit]:
    """Each tracked C file that the build compiles, once."""
    found = {}
    included = includes_by_object()
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        if not source.is_relative_to(BUILD) and source not in found:
            words = shlex.split(entry["command"])
            found[source] = Unit(source.relative_to(Path.cwd()), flags_of(words), included[words[words.index("-o") + 1]])
    return list(found.values())


def flags_of(words: list[str]) -> tuple[str, ...]:
    """Without compiler, output and source; relative to the repository, so that every worktree has the same."""
    kept = [word for word in words[1:words.index("-o")] if word not in NOT_FOR_CLANG]
    return tuple(word.replace(f"{Path.cwd()}/", "") for word in kept)


def includes_by_object() -> dict[str, tuple[Path, ...]]:
    """As the compiler told ninja: what each object was made from."""
    told = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], check=True, capture_output=True, text=True).stdout
    found: dict[str, tuple[Path, ...]] = {}
    for block in told.split("\n\n"):
        head, *lines = block.splitlines() or [""]
        found[head.partition(":")[0]] = tuple((BUILD / line.strip()).resolve() for line in lines)
    return found


@cache
def digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


@cache
def version(program: str) -> str:
    return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout


def name_in_cache(tool: Tool, unit: Unit) -> Path:
    root = Path.cwd()
    text = hashlib.sha256(repr((version(tool.command[0]), tool.line(unit))).encode())
    for path in (*tool.settings, *unit.includes):
        name = path.relative_to(root) if path.is_relative_to(root) else path
        text.update(str(name).encode() + b"\0" + digest(path))
    return CACHE / text.hexdigest()


def look(tool: Tool, unit: Unit) -> list[str]:
    clean = name_in_cache(tool, unit)
    if clean.exists():
        os.utime(clean)
        return []
    done = subprocess.run(tool.line(unit), capture_output=True, text=True)
    if done.returncode == 0:
        clean.touch()
        return []
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.endswith(("warnings generated.", "warning generated."))]
    return said or [f"{unit.source}: {tool.name} failed: exit {done.returncode}"]


def forget_old() -> None:
    for path in CACHE.iterdir():
        if path.stat().st_mtime < time.time() - CACHE_SECONDS:
            path.unlink(missing_ok=True)


def findings_of(tool: Tool) -> list[str]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda unit: look(tool, unit), units()))
    forget_old()
    return list(dict.fromkeys(line for lines in found for line in lines))
