"""The programs of examples/, run as the pages of docs/integrate/ say: one command line each, with a file and settings."""
import json
import os
import subprocess
import sys
from pathlib import Path

from support.debian import java
from support.stack import REPOSITORY, Stack

EXAMPLES = REPOSITORY / "examples"
LANGUAGES = ["python", "go", "java"]
JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # programs that end soon
SECONDS = 60


def command(language: str, program: str) -> list[str]:
    match language:
        case "python":
            return [sys.executable, f"python/{program}.py"]
        case "go":
            return [str(Path(os.environ["LOCKBOX_DEV_EXAMPLE_BINARIES"], program))]
        case "java":
            jars = os.environ["LOCKBOX_DEV_EXAMPLE_JARS"]
            return [java(), *JVM, "-cp", f"{jars}/*:{os.environ['LOCKBOX_DEV_EXAMPLE_BINARIES']}", program.title()]
    raise ValueError(language)


class Programs:
    """Those of one language, beside a stack."""

    def __init__(self, language: str, stack: Stack, directory: Path):
        self.language, self.stack, self.directory = language, stack, directory

    def start(self, program: str, about: dict, **settings: str) -> subprocess.Popen:
        file = self.directory / f"{program}.json"
        file.write_text(json.dumps(about))
        return subprocess.Popen([*command(self.language, program), str(file)], cwd=EXAMPLES, text=True,
                                env=self.stack.worker_environment(**settings), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, program: str, about: dict, **settings: str) -> tuple[int, list[str]]:
        """Its exit code, and the lines it printed."""
        return finish(self.start(program, about, **settings))


def finish(process: subprocess.Popen, said: str = "") -> tuple[int, list[str]]:
    try:
        out, errors = process.communicate(said, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
        raise AssertionError(f"{process.args} did not end. It printed:\n{out}\n{errors}") from None
    assert process.returncode in (0, 1, 2, 3) and "Traceback" not in errors and "Exception" not in errors, errors
    return process.returncode, out.splitlines()
