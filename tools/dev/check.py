"""./dev check: what can be seen without running Lockbox. One line per finding; exit 1 where there is one."""
import ast
import re
import subprocess
import sys
import time
from pathlib import Path

import analysis
import catalogue
import testing
import vocabulary

# A layer may include these. A service and a tool may include every layer, and their own folder.
LAYERS = {
    "base": {"base"},
    "version": {"version"},
    "json": {"base", "json"},
    "event": {"base", "json", "event"},
    "core": {"base", "json", "event", "core"},
    "mail": {"base", "json", "event", "core", "mail"},
    "io": {"base", "event", "json", "io"},
    "smtp": {"base", "smtp"},
    "sign": {"base", "json", "event", "io", "sign"},
    "tlog": {"base", "json", "event", "io", "tlog"},
    "content": {"base", "json", "io", "content"},
    "clusters": {"base", "json", "event", "core", "sign", "clusters"},
    "models": {"base", "json", "event", "core", "io", "models"},
    "store": {"base", "json", "event", "core", "io", "store"},
    "worker": {"base", "version", "json", "event", "core", "io", "store", "worker"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
# What compares without case by some locale's letters, or in all of Unicode: U+212A is no k.
FOLDS_IN_C = re.compile(r"\b(strn?casecmp|strcasestr|tolower)\s*\(")
FOLDS_IN_SQL = re.compile(r'\b(lower|upper|initcap)\s*\((?!([\w.]+|\w+\([^()]*\)) COLLATE "C"\))|\bILIKE\b|~~?\*|\bcitext\b', re.I)
FOLDED_SINCE = {"lockbox": 12, "audit": 9}  # what earlier scripts made, these have replaced
CELL = re.compile(r"\blbx_pg_cell(?:_bytes)?\((?:[^,;]+,){3}\s*\d+\s*[,)]")
ROW_MOST = 120
UNBREAKABLE = re.compile(r"\S{80,}")
HE = re.compile(r"\b(he|his|him|himself)\b", re.IGNORECASE)
SQL = re.compile(r'"\s*(SELECT|INSERT|UPDATE|DELETE|COPY|WITH)\s')


def tracked() -> list[Path]:
    """The tree's files, with those not yet added and without those that are ignored."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True)
    return [path for path in map(Path, listed.stdout.split("\0")) if path.is_file()]


def lines_of(files: list[Path]):
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            yield path, number, line


def tool(command: list[str], files: list[Path]) -> list[str]:
    """Runs a checker over files; its complaints, if it has any."""
    if not files:
        return []
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).strip().splitlines() or [f"{command[0]} failed"]


def check_format(files: list[Path]) -> list[str]:
    complaints = tool(["clang-format", "--dry-run", "-Werror", "--ferror-limit=1"], c_files(files))
    return [f"{line} (./dev fmt mends it)" for line in complaints if "error:" in line]


def check_shell(files: list[Path]) -> list[str]:
    scripts = [path for path in files if path.suffix == ".sh" or is_shell_script(path)]
    return tool(["shellcheck", "--format=gcc"], scripts)


def is_shell_script(path: Path) -> bool:
    with path.open("rb") as file:
        return re.match(rb"#!.*\b(ba)?sh\b", file.readline(80)) is not None


def check_layers(files: list[Path]) -> list[str]:
    findings = []
    for path, number, line in lines_of(c_files(files)):
        include = INCLUDE.match(line)
        if not include or path.parts[0] != "common" or "/" not in include[1]:
            continue
        layer, included = path.parts[1], include[1].split("/")[0]
        if included not in LAYERS.get(layer, set()):
            findings.append(f"{path}:{number}: {layer}/ may not include {include[1]}")
    return findings


# db reconcile applies the rules of these workers to what their database has lost.
DECIDES_AS_WORKERS = {Path("tools/lockboxctl/reconcile/reconcile.c")}


def check_services(files: list[Path]) -> list[str]:
    findings = []
    for path, number, line in lines_of(c_files(files)):
        include = INCLUDE.match(line)
        if not include or path.parts[0] not in ("services", "tools") or "/" not in include[1]:
            continue
        first = include[1].split("/")[0]
        own = Path(*path.parts[:2], first)  # a folder within its own one
        if path in DECIDES_AS_WORKERS and first in ("requester", "decider"):
            continue
        if first not in {*LAYERS, path.parts[1]} and not own.is_dir():
            findings.append(f"{path}:{number}: a service may include the layers and its own folder, not {include[1]}")
    return findings


def check_sql(files: list[Path]) -> list[str]:
    return [f"{path}:{number}: SQL belongs in a .sql file" for path, number, line in lines_of(c_files(files))
            if path.parts[0] != "tests" and SQL.search(line)]


def check_folds(files: list[Path]) -> list[str]:
    sql = [path for path in files if path.suffix == ".sql" and path.parts[0] != "tests"
           and not (path.parts[:2] == ("schemas", "db") and int(path.name[1:4]) < FOLDED_SINCE[path.parts[2]])]
    code = [path for path in c_files(files) if path.parts[0] != "tests"]
    return [f'{path}:{number}: letters but A to Z are folded here (base/text.h; SQL: lower(... COLLATE "C"))'
            for found, fold in ((sql, FOLDS_IN_SQL), (code, FOLDS_IN_C)) for path, number, line in lines_of(found)
            if fold.search(line.split("--")[0])]


def check_cells(files: list[Path]) -> list[str]:
    findings = []
    for path in c_files(files):
        if path.parts[0] != "tests":
            text = path.read_text()
            findings += [f"{path}:{text.count(chr(10), 0, cell.start()) + 1}: a cell is read by its column's name (LBX_PG_READ), not by a number"
                         for cell in CELL.finditer(text)]
    return findings


def check_pages(files: list[Path]) -> list[str]:
    """Tables that a terminal shows whole, and persons who are not all men. A word that nothing can break does not count."""
    pages = [path for path in files if path.suffix in (".md", ".json", ".yaml") and not path.is_relative_to("schemas/released")]
    return [f"{path}:{number}: {what}" for path, number, line in lines_of(pages)
            for what, found in ((f"a row of a table has at most {ROW_MOST} columns",
                                 line.startswith("|") and len(UNBREAKABLE.sub("", line)) > ROW_MOST),
                                ("persons are they", path.parts[0] != "tests" and "examples" not in path.parts and HE.search(line))) if found]


def check_python(files: list[Path]) -> list[str]:
    findings = []
    for path in files:
        if path.suffix == ".py":
            try:
                ast.parse(path.read_text(), str(path))
            except SyntaxError as error:
                findings.append(f"{path}:{error.lineno}: {error.msg}")
    return findings


def check_clang(_files: list[Path]) -> list[str]:
    return analysis.findings_of(analysis.CLANG_TIDY)


def check_paths(_files: list[Path]) -> list[str]:
    return analysis.findings_of(analysis.ANALYZER)


def check_cppcheck(_files: list[Path]) -> list[str]:
    return analysis.findings_of(analysis.CPPCHECK)


def check_schemas(_files: list[Path]) -> list[str]:
    """Schemas, examples and the AsyncAPI page against the decoders' tables, and against what was released."""
    tests = [f"tests/schemas/test_{name}.py" for name in ("tables", "schemas", "asyncapi", "compatibility")]
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", *tests],
                          capture_output=True, text=True)
    return [] if done.returncode == 0 else [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))] or \
        (done.stdout + done.stderr).splitlines()


def check_vocabulary(_files: list[Path]) -> list[str]:
    return [f"{path.relative_to(vocabulary.REPOSITORY)}: not as schemas/ have it (./dev vocabulary makes it)" for path in vocabulary.stale()]


def check_catalogue(_files: list[Path]) -> list[str]:
    return [f"{catalogue.RECORDED.relative_to(catalogue.REPOSITORY)}: not of these scripts (./dev catalogue makes it)"] \
        if catalogue.stale() else []


def c_files(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix in (".c", ".h")]


CHECKS = {
    "format": check_format,
    "shell scripts": check_shell,
    "layers": check_layers,
    "services": check_services,
    "no SQL in C": check_sql,
    "one fold": check_folds,
    "cells by name": check_cells,
    "pages": check_pages,
    "Python": check_python,
    "tests of each module": testing.check_modules,
    "no sleep in tests": testing.check_sleeps,
    "vocabulary": check_vocabulary,
    "catalogue": check_catalogue,
    "schemas": check_schemas,
    "clang and clang-tidy": check_clang,
    "cppcheck": check_cppcheck,
}


DEEP = {"clang's analyzer": check_paths}


def main(options: list[str]) -> int:
    if options not in ([], ["--deep"]):
        print("usage: ./dev check [--deep]", file=sys.stderr)
        return 2
    files = tracked()
    found = 0
    for name, check in {**CHECKS, **(DEEP if options else {})}.items():
        began = time.monotonic()
        findings = check(files)
        found += len(findings)
        print(f"{name}: {'ok' if not findings else ''}".ljust(26) + f"{time.monotonic() - began:5.1f} s", flush=True)
        for finding in findings:
            print(f"  {finding}")
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
