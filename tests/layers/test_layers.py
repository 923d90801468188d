"""A layer that reaches upwards does not link: shown in a copy of the tree, by letting one try."""

import os
import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

# (layer, a file of it, something that only a layer above, or a sibling, has)
REACHES = [
    ("base", "common/base/map.c", "lbx_event_decode"),
    ("event", "common/event/record.c", "lbx_rule"),
    ("core", "common/core/rules.c", "lbx_settings_load"),
    ("core", "common/core/ticket.c", "lbx_pg_open"),
    ("io_settings", "common/io/settings.c", "lbx_offsets_take"),
    ("io_pg", "common/io/pg.c", "lbx_settings_load"),
    ("json", "common/json/read.c", "lbx_event_decode"),
    ("mail", "common/mail/words.c", "lbx_settings_load"),
    ("models", "common/models/project.c", "lbx_settings_load"),
    ("smtp", "common/smtp/smtp.c", "lbx_settings_load"),
    ("sign", "common/sign/key.c", "lbx_pg_open"),
    ("tlog", "common/tlog/tree.c", "lbx_pg_open"),
    ("content", "common/content/normal.c", "lbx_pg_open"),
    ("clusters", "common/clusters/trust.c", "lbx_pg_open"),
    ("store", "common/store/clock.c", "lbx_backoff_next_us"),
]

# One that the layers below have, so that it is the direction that counts.
ALLOWED = ("core", "common/core/rules.c", "lbx_time_parse")


def reach(name: str) -> str:
    return f"\nint reach(void);\nint reach(void) {{\n    extern int {name}();\n    return {name}();\n}}\n"


class Copy:
    """The tree's files, configured in a build directory of their own."""

    def __init__(self, at: Path):
        self.at = at
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                cwd=REPO, capture_output=True, text=True, check=True).stdout
        files = [name for name in listed.split("\0") if (REPO / name).is_file()]
        subprocess.run(["cp", "--parents", "-t", at, "--", *files], cwd=REPO, check=True)
        subprocess.run(["cmake", "-S", at, "-B", at / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug"],
                       stdout=subprocess.DEVNULL, check=True)

    def build(self, layer: str) -> subprocess.CompletedProcess:
        return subprocess.run(["ninja", "-C", self.at / "build", f"closed_{layer}"],
                              capture_output=True, text=True, check=False)

    def build_with(self, layer: str, path: str, name: str) -> subprocess.CompletedProcess:
        file = self.at / path
        before = file.read_text()
        try:
            file.write_text(before + reach(name))
            return self.build(layer)
        finally:
            file.write_text(before)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("layers"))


@pytest.mark.parametrize("layer", sorted({layer for layer, _, _ in REACHES}))
def test_a_layer_links_by_itself(copy, layer):
    done = copy.build(layer)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("layer, path, name", REACHES, ids=lambda value: Path(str(value)).name)
def test_a_layer_that_reaches_up_does_not_link(copy, layer, path, name):
    headers = "".join(header.read_text() for header in (copy.at / "common").rglob("*.h"))
    assert re.search(rf"\b{name}\(", headers), f"there is no {name} any more"
    done = copy.build_with(layer, path, name)
    assert done.returncode != 0, f"{path} may call {name}"
    assert f"undefined reference to `{name}'" in done.stdout


def test_a_layer_that_reaches_down_links(copy):
    done = copy.build_with(*ALLOWED)
    assert done.returncode == 0, done.stdout


def test_every_layer_is_closed():
    """Whoever adds a layer adds it by lbx_layer, which closes it."""
    layers = [line for path in (REPO / "common").rglob("CMakeLists.txt") for line in path.read_text().splitlines()
              if line.startswith("add_library")]
    assert not layers, os.linesep.join(layers)
