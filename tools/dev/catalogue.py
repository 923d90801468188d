"""./dev catalogue: writes what the scripts of schemas/db/audit make, for lockboxctl audit verify to compare a database with."""
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/dev/stack"))
import postgres  # noqa: E402

FOLDER = REPOSITORY / "tools/lockboxctl/audit/catalogue"
RECORDED = FOLDER / "audit.txt"
QUESTION = FOLDER / "objects.sql"
SCRIPTS = REPOSITORY / "schemas/db/audit"


def sources() -> str:
    """What the file is made of, as its first line says it."""
    digest = hashlib.sha256()
    for path in (QUESTION, *sorted(SCRIPTS.glob("V*.sql"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"# scripts {digest.hexdigest()}"


def stale() -> bool:
    return RECORDED.read_text().split("\n")[0] != sources()


def made(psql) -> list[str]:
    """Lines of the database that psql(arguments) asks: an object, and the hash of what defines it."""
    text = "\n".join(line for line in QUESTION.read_text().splitlines() if not line.startswith("--"))
    rows = psql("-F", "\t", "-c", "SET search_path = pg_catalog", "-c", text).splitlines()
    assert {row.split("\t")[2] for row in rows} <= {"15", "17"}
    return sorted(row.rsplit("\t", 1)[0] for row in rows)


def fresh() -> list[str]:
    """Of a server of our own, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lockbox-catalogue-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        postgres.make_cluster(folder, folder / "data", None)
        as_user = ["setpriv", *postgres.privileges()] if postgres.privileges() else []
        control = [*as_user, postgres.BIN / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o",
                   f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c timezone=UTC"]
        subprocess.run([*control, "start"], check=True, stdout=subprocess.DEVNULL)
        try:
            def psql(*arguments) -> str:
                return subprocess.run([postgres.BIN / "psql", "-h", folder, "-U", "postgres", "-qtAX", "-v", "ON_ERROR_STOP=1", *arguments],
                                      check=True, stdout=subprocess.PIPE, text=True).stdout
            for script in sorted(SCRIPTS.glob("V*.sql")):
                psql("-1", "-f", script)
            return made(psql)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    RECORDED.write_text("\n".join([sources(), *fresh()]) + "\n")
