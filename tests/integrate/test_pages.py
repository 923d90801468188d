"""docs/integrate/ shows the programs of examples/ as they stand, and what it says of their use is what is tested."""
import os
import re
import subprocess
import sys

import pytest

from programs import EXAMPLES, LANGUAGES, command
from support.stack import REPOSITORY

PAGES = {"ticketing": "ticketing.md", "portal": "portals.md", "enforcement": "enforcement.md"}
FILES = {"python": "python/{}.py", "go": "go/{}/main.go", "java": "java/{}.java"}


def text_of(program: str) -> str:
    return (REPOSITORY / "docs/integrate" / PAGES[program]).read_text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("program", PAGES)
def test_the_page_shows_the_file(program, language):
    name = FILES[language].format(program.title() if language == "java" else program)
    assert f"<!-- file: examples/{name} -->\n```{language}\n{(EXAMPLES / name).read_text()}```\n" in text_of(program)


@pytest.mark.parametrize("program", PAGES)
def test_the_page_names_its_commands(program):
    """As the files' own heads have them, and with the class that the tests start."""
    file = {"ticketing": "ticket", "portal": "tenant", "enforcement": "access"}[program]
    text = text_of(program)
    for line in (f"python {program}.py ../{file}.json", f"go run ./{program} ../{file}.json",
                 f"java -cp 'lib/*:lib' {program.title()} ../{file}.json", f"../../examples/{file}.json"):
        assert line in text
    assert f"go run ./{program} ../{file}.json" in (EXAMPLES / f"go/{program}/main.go").read_text()
    assert f"java -cp 'lib/*:lib' {program.title()} ../{file}.json" in (EXAMPLES / f"java/{program.title()}.java").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("program", PAGES)
def test_a_program_says_how_it_is_used(program, language):
    def run(*arguments):
        without = {name: value for name, value in os.environ.items() if not name.startswith("LOCKBOX_")}
        return subprocess.run([*command(language, program), *arguments], cwd=EXAMPLES, env=without, capture_output=True, text=True, timeout=60)
    helped = run("--help")
    assert (helped.returncode, helped.stderr) == (0, "") and "usage:" in helped.stdout
    for arguments in (["--nope"], [], ["one.json", "two.json"]):
        wrong = run(*arguments)
        assert (wrong.returncode, wrong.stdout) == (2, "") and "usage:" in wrong.stderr


@pytest.mark.parametrize("page", sorted((REPOSITORY / "docs/integrate").glob("*.md")), ids=lambda page: page.name)
def test_links(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if "://" not in link:
            path, _, heading = link.partition("#")
            target = (page.parent / path) if path else page
            assert target.exists(), link
            if heading:
                titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
                assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, link


def test_the_writer_of_pages_agrees():
    done = subprocess.run([sys.executable, "tools/dev/pages.py", "--check"], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_python_examples_need_is_what_they_are_tested_with():
    pinned = set((REPOSITORY / "tools/dev/requirements.txt").read_text().splitlines())
    assert set((EXAMPLES / "python/requirements.txt").read_text().splitlines()) <= pinned
