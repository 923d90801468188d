"""PostgreSQL: a cluster of our own, with the databases lockbox and audit, reached over loopback without passwords."""
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from distribution import POSTGRES as BIN
from secure import Secure

DATABASES = ("lockbox", "audit")


def privileges() -> list[str]:
    """PostgreSQL refuses to run as root. As root we make it the user postgres (setpriv's options), with leave to pass
    through directories that only root may enter: the state directory may lie below /root."""
    if os.geteuid() != 0:
        return []
    return ["--reuid=postgres", "--regid=postgres", "--clear-groups",
            "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]


def prepare(directory: Path, socket_directory: Path, port: int, secure: Secure | None = None) -> list[str]:
    """Makes the cluster before its first use, and returns the server's command."""
    data = directory / "data"
    directory.mkdir(exist_ok=True)
    if not (data / "PG_VERSION").exists() or (directory / "unfinished").exists():
        make_cluster(directory, data, secure)
    return [str(BIN / "postgres"), "-D", str(data), "-p", str(port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={socket_directory}",
            "-c", "max_connections=200", "-c", "timezone=UTC", "-c", "log_timezone=UTC",
            *(secure.server_arguments(directory) if secure else [])]


def with_clock(file: Path, library: str) -> dict[str, str]:
    """The environment of a server whose clock a test sets, by a file: tests/tools/shifted_clock.c."""
    if not file.exists():
        file.write_bytes(bytes(8))
    return {"LD_PRELOAD": library, "SHIFTED_CLOCK_FILE": str(file)}


def make_cluster(directory: Path, data: Path, secure: Secure | None) -> None:
    (directory / "unfinished").touch()
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)
        if secure:
            secure.owned_by(user)
    auth = ["--auth=scram-sha-256", "--pwfile=/dev/stdin"] if secure else ["--auth=trust"]
    subprocess.run(["setpriv", *privileges(), BIN / "initdb", "-D", data, "-U", "postgres", *auth,
                    "--encoding=UTF8", "--locale=C.UTF-8"], check=True, capture_output=True, text=True,
                   input=secure.password("postgres") if secure else None)
    (directory / "unfinished").unlink()


def superuser_url(port: int, database: str, secure: Secure | None = None) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/{database}{secure.url_suffix() if secure else ''}"


def psql(port: int, secure: Secure | None, database: str, *arguments: str,
         script: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([BIN / "psql", superuser_url(port, database, secure), "-qtAX", "-v", "ON_ERROR_STOP=1", *arguments],
                          capture_output=True, text=True, input=script,
                          env={**os.environ, **({"SECRETS_DIR": str(secure.secrets)} if secure else {})})


def create_databases(port: int, secure: Secure | None = None) -> None:
    present = psql(port, secure, "postgres", "-c", "SELECT datname FROM pg_database").stdout.split()
    for database in DATABASES:
        if database not in present:
            psql(port, secure, "postgres", "-c", f"CREATE DATABASE {database}").check_returncode()


WORKER = """\
SELECT 'CREATE ROLE lockbox_worker' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_worker')
\\gexec
ALTER ROLE lockbox_worker LOGIN PASSWORD '{password}';
GRANT CONNECT ON DATABASE lockbox TO lockbox_worker;
"""


def set_passwords(port: int, secure: Secure, roles: Path) -> None:
    """By the script that the containers use. It shuts out lockbox_worker, who stays for people and tests here."""
    psql(port, secure, "lockbox", "-f", str(roles)).check_returncode()
    psql(port, secure, "lockbox", script=WORKER.format(password=secure.password("worker"))).check_returncode()


def why_not_ready(port: int) -> str | None:
    answer = subprocess.run([BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)])
    return {0: None, 1: "starting", 2: "no answer"}.get(answer.returncode, "cannot be asked")
