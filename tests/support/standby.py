"""A streaming standby of a stack's PostgreSQL."""
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

from .sql import Database
from .stack import REPOSITORY, Stack, free_port
from .waiting import wait_until

sys.path.append(str(REPOSITORY / "tools/dev/stack"))
import postgres  # noqa: E402


class Standby:
    def __init__(self, stack: Stack, port: int):
        self.stack, self.port = stack, port

    def url(self, url: str) -> str:
        """The same login and database, at the standby."""
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition(":")[0] + f":{self.port}").geturl()

    def await_replay(self) -> None:
        """Waits until it has all that its primary has now."""
        primary, here = (Database(it(self.stack.env["LOCKBOX_SUPERUSER_URL"])) for it in (str, self.url))
        place = primary.value("SELECT pg_current_wal_flush_lsn()::text")
        wait_until(lambda: here.value("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", place), "the standby has it all")
        primary.close()
        here.close()


@contextmanager
def standby_of(stack: Stack):
    port, directory = free_port(), stack.directory.resolve()
    place = directory / "standby"
    primary = urlsplit(stack.env["LOCKBOX_SUPERUSER_URL"])
    data = place / "data"
    data.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
    subprocess.run(["setpriv", *postgres.privileges(), postgres.BIN / "pg_basebackup", "-D", data, "-R", "-X", "stream", "-c", "fast",
                    "-d", f"host=127.0.0.1 port={primary.port} user=postgres"], check=True, capture_output=True, text=True, timeout=120)
    command = postgres.prepare(place, directory / "run", port)
    with (directory / "log" / "standby.log").open("ab") as log:
        server = subprocess.Popen(["setpriv", *postgres.privileges(), *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: postgres.why_not_ready(port) is None, "the standby is ready", 60)
        yield Standby(stack, port)
    finally:
        server.send_signal(2)  # SIGINT: a fast shutdown
        server.wait(60)
        shutil.rmtree(place, ignore_errors=True)
