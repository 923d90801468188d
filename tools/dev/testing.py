"""What ./dev check says about tests: every module has one, and none sleeps."""
import ast
import re
from fnmatch import fnmatch
from pathlib import Path

PAGE = Path("CONTRIBUTING.md")
HEADING = "| modules | tests |"
ROOTS = ("common", "services", "tools/lockboxctl")
# Benchmarks measure time. What passes it for tests is in waiting.py.
MAY_SLEEP = ("tests/bench/*", "tests/support/waiting.py")


def table() -> list[tuple[int, str, list[str]]]:
    """Line, pattern and tests of each row of the page's table."""
    rows, is_within = [], False
    for number, line in enumerate(PAGE.read_text().splitlines(), 1):
        is_within = line == HEADING or (is_within and line.startswith("|"))
        if is_within and "`" in line:
            patterns, tests = ([word.strip(" `") for word in cell.split(",")] for cell in line.strip("|").split("|"))
            rows += [(number, pattern, tests) for pattern in patterns]
    return rows


def check_modules(files: list[Path]) -> list[str]:
    """A module's test is tests/unit/test_NAME.c; or what the most specific row of the table names for it."""
    names = {str(path) for path in files}
    modules = sorted(name for name in names if name.endswith(".c") and name.startswith(tuple(f"{root}/" for root in ROOTS)))
    rows = table()
    findings = [f"{PAGE}:{number}: there is no {test}" for number, _, tests in rows for test in tests
                if not any(name == test or name.startswith(f"{test}/") for name in names)]
    findings += [f"{PAGE}:{number}: no module is like {pattern}" for number, pattern, _ in rows
                 if not any(fnmatch(module, pattern) for module in modules)]
    return findings + [f"{module}: it has no tests/unit/test_{Path(module).name}, and no row in {PAGE}" for module in modules
                       if f"tests/unit/test_{Path(module).name}" not in names
                       and not any(fnmatch(module, pattern) for _, pattern, _ in rows)]


def check_sleeps(files: list[Path]) -> list[str]:
    return [f"{path}:{line}: a test waits for a condition (tests/support/waiting.py), it does not sleep" for path in files
            if path.parts[0] == "tests" and not any(fnmatch(str(path), pattern) for pattern in MAY_SLEEP)
            for line in sleeps(path)]


def sleeps(path: Path) -> list[int]:
    if path.suffix == ".py":
        return [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and is_sleep(node)]
    if path.suffix in (".c", ".h"):
        return [number for number, line in enumerate(path.read_text().splitlines(), 1) if re.search(r"\b(u|nano)?sleep\(", line)]
    return []


def is_sleep(call: ast.Call) -> bool:
    """sleep(…), time.sleep(…), and the bounded wait for an Event that nobody else knows."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "sleep" or (name == "wait" and call.args != [] and isinstance(call.func.value, ast.Call) and "Event" in ast.unparse(call.func.value.func))
