"""Makes JARS/kafka-JAVA.jsa: Kafka's classes, and Java's own, as a JVM has them in memory once it has read and checked them.
With it a broker is ready in half the time, and so is each of Kafka's tools.

    python3 archive.py JARS     starts a broker over JARS once, asks it something, and stops it
    python3 archive.py --name   prints kafka-JAVA.jsa
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import kafka
from secure import Secure
from statedir import pick_ports
from supervise import wait_until

SECONDS = 60


def without_archive(command: list[str], *options: str) -> list[str]:
    java, *arguments = command
    return [java, *options, *(it for it in arguments if not it.startswith("-XX:SharedArchiveFile="))]


def classes_loaded(jars: Path, directory: Path) -> str:
    """The names of what a broker loads, and kafka-acls, one a line."""
    secure = Secure(directory / "secure").make()
    port, controller = pick_ports(["kafka", "controller"], {}, set()).values()
    server = kafka.prepare(directory / "kafka", jars, {"kafka": port, "controller": controller}, secure)
    lists = [directory / "server.list", directory / "tool.list"]
    with subprocess.Popen(without_archive(server, f"-XX:DumpLoadedClassList={lists[0]}")) as broker:
        wait_until(lambda: broker.poll() is not None or kafka.why_not_ready(port, secure) is None, SECONDS)
        acls = kafka.tool(jars, kafka.ACLS, *secure.as_admin(port), "--add", "--force", "--allow-principal", "User:x",
                          "--operation", "Read", "--topic", "x", "--group", "x")
        subprocess.run(without_archive(acls, f"-XX:DumpLoadedClassList={lists[1]}"))
        broker.terminate()
    return "".join(file.read_text() for file in lists)


def main(jars: Path) -> None:
    draft = jars / f"{kafka.ARCHIVE}.new"
    with tempfile.TemporaryDirectory() as name:
        listed = Path(name) / "all.list"
        listed.write_text(classes_loaded(jars, Path(name)))
        subprocess.run(without_archive(kafka.tool(jars), "-Xshare:dump", f"-XX:SharedClassListFile={listed}",
                                       f"-XX:SharedArchiveFile={draft}"))
    draft.touch()  # a JVM that cannot make one works without it
    draft.rename(jars / kafka.ARCHIVE)


if sys.argv[1:] == ["--name"]:
    print(kafka.ARCHIVE)
else:
    main(Path(sys.argv[1]))
