"""lockboxctl has no layers that the linker could hold apart. Its files' includes show that they form no circle:
whoever calls a file's functions includes its header, so there is no circle of calls either."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

LOCKBOXCTL = Path(__file__).resolve().parents[2] / "tools/lockboxctl"


def modules() -> dict[str, set[str]]:
    """Each module (a .c file and its header) with the modules that it includes."""
    used: dict[str, set[str]] = {}
    for file in sorted(LOCKBOXCTL.rglob("*.[ch]")):
        name = str(file.relative_to(LOCKBOXCTL).with_suffix(""))
        for header in re.findall(r'^#include "([^"]+)"', file.read_text(), re.MULTILINE):
            for found in (file.parent / header, LOCKBOXCTL / header):
                if found.is_file():
                    used.setdefault(name, set()).add(str(found.relative_to(LOCKBOXCTL).with_suffix("")))
                    break
    return {name: others - {name} for name, others in used.items()}


def test_files_form_no_circle():
    used = modules()
    assert "parse" in used["main"] and "command" in used["audit/keys"]
    try:
        TopologicalSorter(used).prepare()
    except CycleError as circle:
        pytest.fail("a circle of files: " + " → ".join(circle.args[1]))


def test_a_header_says_what_it_needs():
    """A function that is used is declared by a header that the file includes, never by a declaration of its own."""
    for file in sorted(LOCKBOXCTL.rglob("*.c")):
        assert not re.search(r"^extern [^\n]*\(", file.read_text(), re.MULTILINE), file
