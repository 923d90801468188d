"""Which program runs: said by each program, its metrics and its image."""
import json
import os
import re
import subprocess

import pytest

from support.stack import BINARIES, REPOSITORY, WORKERS

SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
SCRIPT = REPOSITORY / "cmake/version.cmake"


@pytest.fixture(scope="module")
def told(bare):
    return json.loads(bare("version", "-o", "json").stdout)[0]


def test_lockboxctl_says_version_commit_and_build(bare, told):
    assert re.fullmatch(SEMVER, told["version"]) and re.fullmatch("[0-9a-f]{40}", told["commit"]) and told["build"]
    assert bare("--version").stdout == bare("version").stdout


@pytest.mark.parametrize("worker", [*WORKERS, "authorizer"])
def test_each_worker_says_the_same(told, worker):
    said = subprocess.run([BINARIES / worker, "--version"], capture_output=True, text=True, env={}, timeout=20)
    assert (said.returncode, said.stdout) == (0, f"{worker} {told['version']}\ncommit {told['commit']}\nbuild {told['build']}\n")


def written(folder, tmp_path, **settings) -> tuple[str, str]:
    """Version and commit that a build of a folder writes."""
    out = tmp_path / "version.c"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKBOX_")}
    subprocess.run(["cmake", f"-DSOURCE_DIR={folder}", "-DPROJECT_VERSION=0.1.0", "-DBUILD=x", f"-DOUTPUT={out}", "-P", SCRIPT],
                   check=True, env={**environment, **settings})
    return tuple(re.findall(r'version(?:_commit)?\[\] = "(.*)"', out.read_text()))


def git(folder, *words) -> str:
    return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x.example", *words], cwd=folder, check=True,
                          capture_output=True, text=True).stdout.strip()


def test_version_is_the_tag_and_else_names_the_commit(tmp_path):
    folder = tmp_path / "source"
    (folder / "cmake").mkdir(parents=True)
    (folder / "cmake/commit.txt").write_bytes((REPOSITORY / "cmake/commit.txt").read_bytes())
    (folder / ".gitattributes").write_text("cmake/commit.txt export-subst\n")
    assert written(folder, tmp_path) == ("0.1.0", "unknown")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    commit = git(folder, "rev-parse", "HEAD")
    assert written(folder, tmp_path) == (f"0.1.0+g{commit[:12]}", commit)
    git(folder, "tag", "v1.2.0-rc.1")
    assert written(folder, tmp_path) == ("1.2.0-rc.1", commit)
    (folder / ".gitattributes").write_text("cmake/commit.txt export-subst\n\n")
    assert written(folder, tmp_path) == (f"0.1.0+g{commit[:12]}.modified", commit)


def test_an_archive_and_an_image_know_their_commit(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    head = git(REPOSITORY, "rev-parse", "HEAD")
    archive = subprocess.run(["git", "-C", REPOSITORY, "archive", "HEAD", "cmake", ".gitattributes"], check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    assert written(folder, tmp_path)[1] == head
    assert written(folder, tmp_path, LOCKBOX_COMMIT="a" * 40, LOCKBOX_VERSION="9.8.7") == ("9.8.7", "a" * 40)
    assert written(folder, tmp_path, LOCKBOX_COMMIT='"; exit') == ("0.1.0", "unknown")


def test_the_image_is_labelled():
    image = (REPOSITORY / "Dockerfile").read_text().split("\nFROM ")[-1]
    labels = dict(re.findall(r'(org\.opencontainers\.image\.\w+)="([^"]*)"', image))
    assert (labels["org.opencontainers.image.version"], labels["org.opencontainers.image.revision"]) == ("$VERSION", "$COMMIT")
