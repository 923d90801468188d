"""./dev sbom: writes build/sbom.json (CycloneDX 1.5): what the programs are made of, each with the version that is on this machine.

Libraries are those that the programs load, the compiler and tools those of tools/dev/packages.txt, the portal's packages those of its
requirements.txt. The image's base is the Dockerfile's, or LOCKBOX_BASE, which has to name its digest. No time and no serial number is written: the same machine and tree make the same bytes."""
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARIES = REPOSITORY / "build/release/bin"
LOADED_LATER = ["libcurl.so.4"]  # by every program, where it sends a request over HTTP (common/io/curl.c)
PROGRAMS = ["requester", "decider", "expirer", "relay", "notifier", "auditor", "authorizer", "lockboxctl"]


def said(*command) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def needs_of(path: Path | str) -> set[str]:
    return set(re.findall(r"=> (/\S+)", said("ldd", path)))


def loaded_later() -> set[str]:
    found = {name: re.search(rf"{re.escape(name)} .*=> (\S+)", said("/sbin/ldconfig", "-p")) for name in LOADED_LATER}
    if missing := [name for name in found if not found[name]]:
        sys.exit(f"not installed: {', '.join(missing)}")
    paths = {match[1] for match in found.values()}
    return paths.union(*map(needs_of, paths))


def libraries() -> dict[str, set[str]]:
    """Paths that each program loads."""
    later = loaded_later()
    return {program: needs_of(BINARIES / program) | later for program in PROGRAMS}


def package_of(path: str) -> str | None:
    for name in (path, path.removeprefix("/usr"), str(Path(path).resolve())):
        found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    return None


def debian(package: str, scope: str) -> dict:
    version, architecture = said("dpkg-query", "-W", "-f", "${Version} ${Architecture}\n", package).splitlines()[0].split(" ")
    reference = f"pkg:deb/debian/{package}@{version}?arch={architecture}"
    return {"type": "library", "bom-ref": reference, "name": package, "version": version, "purl": reference, "scope": scope}


def python_packages() -> list[dict]:
    pinned = re.findall(r"^([\w.-]+)==(\S+)", (REPOSITORY / "portal/requirements.txt").read_text(), re.MULTILINE)
    return [{"type": "library", "bom-ref": (reference := f"pkg:pypi/{name.lower()}@{version}"), "name": name, "version": version,
             "purl": reference, "scope": "optional"} for name, version in pinned]


def build_packages() -> list[str]:
    lines = (REPOSITORY / "tools/dev/packages.txt").read_text().splitlines()
    return [name for line in lines if line.startswith("build ") for name in line.split()[1:]]


def program(name: str, version: str) -> dict:
    content = hashlib.sha256((BINARIES / name).read_bytes()).hexdigest()
    return {"type": "application", "bom-ref": f"lockbox/{name}", "name": name, "version": version,
            "hashes": [{"alg": "SHA-256", "content": content}]}


def base() -> dict:
    """What the image stands on."""
    given = os.environ.get("LOCKBOX_BASE", "")
    if given and not re.fullmatch(r"[^@]+@sha256:[0-9a-f]{64}", given):
        sys.exit(f"LOCKBOX_BASE names no digest (NAME:TAG@sha256:...): {given}")
    image = given or re.search(r"^ARG BASE=(\S+)", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)[1]
    named, _, digest = image.partition("@")
    name, _, tag = named.rpartition(":") if ":" in named.rpartition("/")[2] else (named, "", "latest")
    pinned = [{"name": "lockbox:digest", "value": digest or "none: the tag may come to mean another image"}]
    return {"type": "container", "bom-ref": f"base/{image}", "name": name, "version": tag, "purl": f"pkg:docker/{name}@{digest or tag}",
            "properties": pinned}


def bom() -> dict:
    told = json.loads(said(BINARIES / "lockboxctl", "version", "-o", "json"))[0]
    loaded = {name: sorted({package for path in paths if (package := package_of(path))}) for name, paths in libraries().items()}
    needed = sorted({package for packages in loaded.values() for package in packages})
    components = {part["bom-ref"]: part for part in [
        *(program(name, told["version"]) for name in PROGRAMS), *(debian(name, "required") for name in needed),
        *python_packages(), base()]}
    for name in build_packages():
        part = debian(name, "excluded")  # it makes the programs, and is not in them
        components.setdefault(part["bom-ref"], part)
    references = {part["name"]: part["bom-ref"] for part in components.values()}
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": {"type": "application", "bom-ref": "lockbox", "name": "lockbox", "version": told["version"],
                                       "properties": [{"name": "lockbox:commit", "value": told["commit"]},
                                                      {"name": "lockbox:build", "value": told["build"]}]}},
            "components": [components[reference] for reference in sorted(components)],
            "dependencies": [{"ref": "lockbox", "dependsOn": [f"lockbox/{name}" for name in PROGRAMS]},
                             *({"ref": f"lockbox/{name}", "dependsOn": [references[package] for package in loaded[name]]}
                               for name in PROGRAMS)]}


if __name__ == "__main__":
    (REPOSITORY / "build/sbom.json").write_text(json.dumps(bom(), indent=1) + "\n")
    print("build/sbom.json")
