"""Where the programs of tools/dev/packages.txt are, on Debian 12 and on 13.

    python3 distribution.py java | clang     prints Java's folder, or clang's version, for shell scripts
"""
import platform
import re
import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[1] / "packages.txt"


def release(told: dict[str, str]) -> str:
    """As tools/dev/install.sh has it: anything but Debian 12 is taken for the newer."""
    return "12" if (told.get("ID"), told.get("VERSION_ID")) == ("debian", "12") else "13"


DEBIAN = release(platform.freedesktop_os_release())


def version_of(package: str, debian: str = DEBIAN) -> str:
    """The number in the name of a package that has one: that of `postgresql` is 17 on Debian 13."""
    return re.search(rf"^\w+:{debian}\b.* {package}-(\d+)\b", PACKAGES.read_text(), re.MULTILINE)[1]


def java_folder() -> Path:
    arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    return Path(f"/usr/lib/jvm/java-{version_of('openjdk')}-openjdk-{arch}/bin")


def java() -> str:
    return str(java_folder() / "java")


POSTGRES = Path(f"/usr/lib/postgresql/{version_of('postgresql')}/bin")

if __name__ == "__main__":
    print(java_folder() if sys.argv[1:] == ["java"] else version_of(*sys.argv[1:]))
