"""The blocks of the pages, and what a new user's place is like, in which they are run."""
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.sql import as_role
from support.stack import REPOSITORY

PAGES = sorted([REPOSITORY / "README.md", *REPOSITORY.glob("CONTRIBUTING.md"), *REPOSITORY.glob("docs/**/*.md"),
                *REPOSITORY.glob("examples/**/README.md"), REPOSITORY / "portal/README.md"])
COMMANDS = {"sh", "console", "sql"}
SHOWN = {"text", "c", "json", "yaml", "properties", "python", "go", "java", "promql"}  # nothing to type
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
SECONDS = 120


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    info: str
    text: str

    @property
    def language(self) -> str:
        return self.info.split(" ")[0]

    @property
    def who(self) -> tuple[str, str]:
        """Of an SQL block: the role that asks, and the database."""
        role, _, database = self.info.partition(" ")[2].partition("@")
        return role, database

    @property
    def commands(self) -> list[str]:
        """What is typed, one a line: without comments, and with continued lines as one."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        stripped = [" ".join(re.sub(r"(^|\s+)# .*$", "", line).split()) for line in lines]
        return [line for line in stripped if line]

    @property
    def output(self) -> list[str]:
        """What a console shows."""
        return [line for line in self.text.splitlines() if not line.startswith("$ ")] if self.language == "console" else []

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [Block(name_of(page), text.count("\n", 0, found.start()) + 1, found["info"].strip(),
                  re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)) for found in FENCE.finditer(text)]


def all_blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks(page)]


def matches(shown: list[str], seen: str) -> bool:
    """An ellipsis stands for anything: within a line, or alone on its line for lines."""
    pattern = "\n".join(".*" if line.strip() == "…" else r"[^\n]*".join(map(re.escape, line.rstrip().split("…"))) for line in shown)
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in seen.strip().splitlines()), re.DOTALL) is not None


class Place:
    """A copy of the tree, as a clone is, with what ./dev build made; a home directory; and the shell's state between blocks."""

    def __init__(self, directory: Path, stack):
        self.tree, self.home = directory / "lockbox", directory / "home"
        self.state = directory / "state"
        ignored = shutil.ignore_patterns(".git", ".dev", "build", "build-*", "__pycache__", ".pytest_cache")
        shutil.copytree(REPOSITORY, self.tree, ignore=ignored)
        (self.tree / "build").symlink_to(REPOSITORY / "build")
        self.home.mkdir()
        self.cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        self.stack = stack
        self.begin()

    def begin(self, **variables: str) -> None:
        """A new shell at the top of the tree, which has evaluated ./dev env."""
        programs = f"{self.stack.env['PATH'].partition(':')[0]}:{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {name: value for name, value in self.stack.env.items() if name.startswith("LOCKBOX_")}
        environment |= {"HOME": str(self.home), "XDG_CACHE_HOME": self.cache, "LC_ALL": "C.UTF-8", "PATH": programs,
                        "LOCKBOX_DEV_KAFKA_JARS": os.environ["LOCKBOX_DEV_KAFKA_JARS"], **variables}
        self.run(":", cwd=self.tree, **environment)

    def run(self, text: str, cwd: Path | None = None, seconds: int = SECONDS, **environment: str) -> subprocess.CompletedProcess:
        """In bash, which stops at the first command that fails. Variables stay for the next block, as in one shell."""
        resume = "" if environment else f'source "{self.state}"\n'
        script = f'set -euo pipefail -a\n{resume}{text}\nset +a; {{ export -p; echo "cd $(printf %q "$PWD")"; }} > "{self.state}"\n'
        return subprocess.run(["/bin/bash", "-c", script], cwd=cwd or self.tree, env=environment or {"PATH": "/usr/bin:/bin"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)

    def psql(self, text: str, role: str, database: str, **values: str) -> subprocess.CompletedProcess:
        """As that role: by its own login, or by the superuser's where it has none."""
        url = self.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL" if database == "audit" else "LOCKBOX_SUPERUSER_URL"]
        has_login = role in ("postgres", "lockbox_enforcer", "lockbox_auditor")
        become = "" if has_login else f"SET ROLE {role};\n"
        variables = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        return subprocess.run(["psql", as_role(url, role if has_login else "postgres"), "-X", "-v", "ON_ERROR_STOP=1", *variables],
                              input=become + text, capture_output=True, text=True, timeout=SECONDS)
