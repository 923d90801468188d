"""What the programs are made of is recorded, and two builds of one tree in different folders are the same bytes."""
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/dev"))

import sbom  # noqa: E402

PROGRAMS = ["requester", "decider", "expirer", "relay", "notifier", "auditor", "authorizer", "lockboxctl"]


def run(*command, cwd=REPOSITORY) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True,
                          env={**os.environ, "LOCKBOX_COMMIT": "0" * 40, "LOCKBOX_VERSION": "0.0.0"})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_bill_of_materials_names_what_is_loaded():
    run("/usr/bin/python3", "tools/dev/sbom.py")
    text = (REPOSITORY / "build/sbom.json").read_text()
    bom = json.loads(text)
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.5")
    parts = {part["bom-ref"]: part for part in bom["components"]}
    names = {part["name"] for part in parts.values()}
    assert {"librdkafka1", "libpq5", "libjansson4", "libesmtp6", "libgmime-3.0-0", "libmicrohttpd12", "libc6", "gcc", "starlette"} <= names
    assert any(name.startswith("libcurl4") for name in names if "dev" not in name)  # loaded by whoever sends a request
    assert all(part["version"] for part in parts.values())
    assert all(part["purl"].startswith("pkg:") for part in parts.values() if part["type"] == "library")
    for dependency in bom["dependencies"]:
        assert set(dependency["dependsOn"]) <= parts.keys()
    for part in parts.values():
        for given in part.get("hashes", []):
            assert given["content"] == hashlib.sha256((REPOSITORY / "build/release/bin" / part["name"]).read_bytes()).hexdigest()
    run("/usr/bin/python3", "tools/dev/sbom.py")
    assert (REPOSITORY / "build/sbom.json").read_text() == text


DIGEST = "@sha256:" + "0" * 64


def guard(path: str) -> str:
    """The command of a Dockerfile that looks at what the image is built on."""
    text = (REPOSITORY / path).read_text().replace("\\\n", "")
    [command] = [line for line in re.findall(r"^RUN (.+)$", text, re.MULTILINE) if "names no digest" in line]
    return command


@pytest.mark.parametrize("path", ["Dockerfile", "portal/Dockerfile"])
@pytest.mark.parametrize("version, lockbox, base, built", [
    ("", "lockbox", "debian:12-slim", True),
    ("0.1.0+g0123456789ab", "lockbox", "lockbox-base", True),
    ("0.1.0", "lockbox" + DIGEST, "debian:12-slim", False),
    ("0.1.0", "lockbox" + DIGEST, "debian:12-slim" + DIGEST, True),
])
def test_a_release_stands_on_a_base_that_its_digest_names(path, version, lockbox, base, built):
    done = subprocess.run(["sh", "-c", guard(path)], env={"VERSION": version, "BASE": base, "LOCKBOX": lockbox}, capture_output=True, text=True)
    assert (done.returncode == 0) == built and ("names no digest" in done.stderr) != built


def test_the_portal_stands_on_a_lockbox_that_its_digest_names():
    given = {"VERSION": "0.1.0", "BASE": "debian:12-slim" + DIGEST, "LOCKBOX": "lockbox"}
    assert subprocess.run(["sh", "-c", guard("portal/Dockerfile")], env=given, capture_output=True).returncode == 1


def test_no_image_of_ours_names_its_base_but_by_an_argument():
    files = [path for path in run("git", "ls-files").splitlines() if path.rpartition("/")[2].startswith("Dockerfile")]
    bases = {(path, base) for path in files for base in re.findall(r"^FROM (\S+)", (REPOSITORY / path).read_text(), re.MULTILINE)}
    assert files and {(path, base) for path, base in bases if not re.fullmatch(r"\$\{\w+\}", base)} == set()


def base_of(dockerfile: str) -> str:
    return re.search(r"^ARG BASE=(\S+)", (REPOSITORY / dockerfile).read_text(), re.MULTILINE)[1]


def test_each_public_image_goes_by_its_digest():
    """Of what is built, and of what the compose files start; what they build goes by a name of our own."""
    compose = "".join((REPOSITORY / path).read_text() for path in ("docker-compose.yml", "deploy/compose/portal.yml"))
    images = re.findall(r"^ +image: (?!\$\{)(\S+)", compose, re.MULTILINE)
    bases = {base_of("Dockerfile"), base_of("portal/Dockerfile"), *re.findall(r"\$\{BASE:-(\S+)\}", compose)}
    assert len(images) == 4 and len(bases) == 1
    assert [image for image in (*images, *bases) if not re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)] == []


def test_the_bill_of_materials_names_the_base(monkeypatch):
    monkeypatch.delenv("LOCKBOX_BASE", raising=False)
    assert (sbom.base()["name"], sbom.base()["version"], sbom.base()["properties"][0]["value"]) == ("debian", "12-slim", base_of("Dockerfile").partition("@")[2])
    monkeypatch.setenv("LOCKBOX_BASE", "registry.example:5000/debian:12-slim" + DIGEST)
    assert (sbom.base()["name"], sbom.base()["version"], sbom.base()["properties"][0]["value"]) == ("registry.example:5000/debian", "12-slim", DIGEST[1:])
    monkeypatch.setenv("LOCKBOX_BASE", "debian:12-slim")
    with pytest.raises(SystemExit, match="names no digest"):
        sbom.base()


def built(folder: Path) -> dict[str, str]:
    """SHA-256 of each program of the committed tree, built in this folder."""
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", REPOSITORY, "archive", "HEAD"], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    run("cmake", "--preset", "dist", cwd=folder)
    run("ninja", "-C", "build/dist", *PROGRAMS, cwd=folder)
    return {name: hashlib.sha256((folder / "build/dist/bin" / name).read_bytes()).hexdigest() for name in PROGRAMS}


def test_two_builds_are_the_same_bytes(tmp_path):
    assert built(tmp_path / "a") == built(tmp_path / "another/and/deeper")


def test_pip_packages_are_pinned():
    for path in ("portal/requirements.txt", "tools/dev/requirements.txt", "examples/python/requirements.txt", "tests/portal/requirements.txt"):
        lines = [line for line in (REPOSITORY / path).read_text().splitlines() if line and not line.startswith(("#", "-"))]
        assert lines and [line for line in lines if not re.match(r"[\w.\[\]-]+==\S+", line)] == [], path
