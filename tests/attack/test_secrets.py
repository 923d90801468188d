"""A file with a password or a private key that another user of the machine can read stops the program that was to use it."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.stack import BINARIES, WORKERS
from support.waiting import wait_until

SECRET = "s3cret-quellwolke"
NOBODY = 65534


def run(program: str, *arguments, **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run([BINARIES / program, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env={"LOCKBOX_HTTP_LISTEN": "127.0.0.1:0", **settings})


@pytest.fixture
def folder():
    """One that everybody may search; pytest's own lets nobody in."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture
def password(folder):
    file = folder / "password"
    file.write_text(SECRET)
    return file


@pytest.fixture
def key(folder):
    assert run("lockboxctl", "keygen", folder / "key.pem").returncode == 0
    return folder / "key.pem"


def assert_refused(done, setting: str, mode: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == 2 and setting in said and f"mode {mode}" in said, said
    assert SECRET not in said and "BEGIN" not in said


@pytest.mark.parametrize("program", ["requester", "decider", "expirer", "relay", "notifier", "authorizer"])
def test_a_worker_does_not_start_with_a_password_that_others_can_read(program, password):
    for mode in (0o644, 0o604, 0o602):
        password.chmod(mode)
        assert_refused(run(program, LOCKBOX_DATABASE_URL_FILE=str(password)), "LOCKBOX_DATABASE_URL_FILE", f"{mode:04o}")


@pytest.mark.parametrize("setting", ["LOCKBOX_DATABASE_URL_FILE", "LOCKBOX_AUDIT_DATABASE_URL_FILE", "LOCKBOX_SMTP_PASSWORD_FILE",
                                     "LOCKBOX_KAFKA_SASL_PASSWORD_FILE", "LOCKBOX_KAFKA_SSL_KEY_PASSWORD_FILE", "LOCKBOX_KAFKA_SSL_KEY_PEM_FILE",
                                     "LOCKBOX_KAFKA_SSL_KEY_LOCATION", "LOCKBOX_KAFKA_SSL_KEYSTORE_LOCATION", "LOCKBOX_KAFKA_SASL_KERBEROS_KEYTAB"])
def test_each_setting_of_a_secret(setting, password):
    password.chmod(0o644)
    assert_refused(run("lockboxctl", "config", **{setting: str(password)}), setting, "0644")
    assert run("lockboxctl", "config", **{setting: str(password), "LOCKBOX_ALLOW_OPEN_SECRETS": "yes"}).returncode == 0
    for mode in (0o600, 0o640, 0o440, 0o400):
        password.chmod(mode)
        assert run("lockboxctl", "config", **{setting: str(password)}).returncode == 0


def test_the_key_of_checkpoints(key):
    key.chmod(0o644)
    assert_refused(run("auditor", LOCKBOX_CHECKPOINT_KEY_FILE=str(key)), "LOCKBOX_CHECKPOINT_KEY_FILE", "0644")
    assert_refused(run("lockboxctl", "audit", "vkey", LOCKBOX_CHECKPOINT_KEY_FILE=str(key)), "LOCKBOX_CHECKPOINT_KEY_FILE", "0644")
    key.chmod(0o640)
    assert run("lockboxctl", "audit", "vkey", LOCKBOX_CHECKPOINT_KEY_FILE=str(key), LOCKBOX_AUDIT_DATABASE_URL="host=/nowhere").returncode == 3


def test_an_approver_s_key(key):
    key.chmod(0o644)
    revoke = ("revoke", "019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77", "--by", "lena,lena@contoso.example", "--sign-with", key)
    assert_refused(run("lockboxctl", *revoke), str(key), "0644")
    key.chmod(0o600)
    assert run("lockboxctl", *revoke, LOCKBOX_DATABASE_URL="host=/nowhere").returncode == 3


def test_the_keys_of_the_authorizer_and_of_who_asks_it(key, tmp_path):
    key.chmod(0o644)
    (tmp_path / "clusters.json").write_text('{"clusters": []}')
    (tmp_path / "some.crt").write_text("")
    done = run("authorizer", LOCKBOX_AUTHORIZER_LISTEN="127.0.0.1:0", LOCKBOX_AUTHORIZER_CERTIFICATE_FILE=str(tmp_path / "some.crt"),
               LOCKBOX_AUTHORIZER_KEY_FILE=str(key), LOCKBOX_AUTHORIZER_CLIENT_CA_FILE=str(tmp_path / "some.crt"),
               LOCKBOX_CLUSTERS_FILE=str(tmp_path / "clusters.json"))
    assert_refused(done, "LOCKBOX_AUTHORIZER_KEY_FILE", "0644")
    done = run("lockboxctl", "cluster", "propose", "c1", "--engineer", "ines", LOCKBOX_AUTHORIZER_URL="https://127.0.0.1:1",
               LOCKBOX_AUTHORIZER_SERVER_CA_FILE=str(tmp_path / "some.crt"), LOCKBOX_PREVIEW_CERTIFICATE_FILE=str(tmp_path / "some.crt"),
               LOCKBOX_PREVIEW_KEY_FILE=str(key))
    assert_refused(done, "LOCKBOX_PREVIEW_KEY_FILE", "0644")
    (tmp_path / "clusters.json").write_text(json.dumps({"clusters": [{
        "id": "c1", "resource_id": "/subscriptions/s/x", "client_name": "api", "server": "https://127.0.0.1:1", "ca_file": str(tmp_path / "some.crt"),
        "certificate_file": str(tmp_path / "some.crt"), "key_file": str(key)}]}))
    clusters = {"LOCKBOX_CLUSTERS_FILE": str(tmp_path / "clusters.json"), "LOCKBOX_AUTHORIZER_URL": "https://127.0.0.1:1"}
    assert_refused(run("lockboxctl", "cluster", "check", "c1", **clusters), "key_file", "0644")
    key.chmod(0o600)
    assert "key_file" not in run("lockboxctl", "cluster", "check", "c1", **clusters).stderr


def test_the_key_of_webhooks(key):
    key.chmod(0o644)
    settings = {"LOCKBOX_DATABASE_URL": "host=/nowhere", "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "LOCKBOX_SMTP_URL": "smtp://127.0.0.1:1?tls=off"}
    assert_refused(run("notifier", LOCKBOX_WEBHOOK_KEY_FILE=str(key), **settings), "LOCKBOX_WEBHOOK_KEY_FILE", "0644")


def test_a_new_key_is_its_maker_s_alone(key):
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="root gives a file away")
@pytest.mark.parametrize("setting", ["LOCKBOX_DATABASE_URL_FILE", "LOCKBOX_KAFKA_SSL_KEY_LOCATION"])
def test_whose_file_it_is(setting, password):
    """Its owner may write it at any time, whatever its mode says."""
    os.chown(password, NOBODY, 0)
    password.chmod(0o400)
    done = run("lockboxctl", "config", **{setting: str(password)})
    assert done.returncode == 2 and setting in done.stderr and f"belongs to user {NOBODY}" in done.stderr
    os.chown(password, 0, NOBODY)
    password.chmod(0o440)
    assert "a group that this process is not in" in run("lockboxctl", "config", **{setting: str(password)}).stderr


@pytest.mark.parametrize("setting", ["LOCKBOX_DATABASE_URL_FILE", "LOCKBOX_SMTP_PASSWORD_FILE", "LOCKBOX_KAFKA_SSL_KEY_LOCATION"])
def test_a_directory_that_keeps_others_out(setting, folder):
    below = folder / "closed" / "below"
    below.mkdir(parents=True)
    file = below / "password"
    file.write_text(SECRET)
    file.chmod(0o644)
    for mode, is_taken in ((0o700, True), (0o600, True), (0o750, True), (0o755, False), (0o711, False), (0o701, False), (0o777, False)):
        (folder / "closed").chmod(mode)
        assert (run("lockboxctl", "config", **{setting: str(file)}).returncode == 0) is (is_taken and (mode != 0o600 or os.geteuid() == 0)), oct(mode)
    (folder / "closed").chmod(0o700)
    link = folder / "link"
    link.symlink_to(file)
    assert run("lockboxctl", "config", **{setting: str(link)}).returncode == 0
    (folder / "another name").hardlink_to(file)
    assert_refused(run("lockboxctl", "config", **{setting: str(file)}), setting, "0644")


@pytest.mark.skipif(os.geteuid() != 0, reason="root gives a folder away")
def test_whose_directory_it_is(folder, password):
    """Its owner may open it at any time."""
    password.chmod(0o644)
    for owner, group, mode, is_taken in ((0, 0, 0o750, True), (0, NOBODY, 0o750, False), (0, NOBODY, 0o740, True), (NOBODY, 0, 0o700, False)):
        os.chown(folder, owner, group)
        folder.chmod(mode)
        done = run("lockboxctl", "config", LOCKBOX_DATABASE_URL_FILE=str(password))
        assert (done.returncode == 0) is is_taken, (owner, group, oct(mode))
    os.chown(folder, 0, 0)


# ---- memory ----


def cores(pid: int) -> str:
    """The limits of a core file's size, soft and hard."""
    [line] = [line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max core file size")]
    return " ".join(line.split()[4:6])


@contextmanager
def as_another(program: str, *arguments: str, **settings: str):
    """A program that runs as a user of its own: of root's processes, files in /proc are root's anyway."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own lets nobody in
        os.chmod(folder, 0o755)
        copy = shutil.copy(BINARIES / program, folder)
        child = subprocess.Popen([copy, *arguments], env={"LOCKBOX_HTTP_LISTEN": "127.0.0.1:0", **settings}, stderr=subprocess.DEVNULL,
                                 user=NOBODY if os.geteuid() == 0 else None)
        try:
            yield child
        finally:
            child.kill()
            child.wait()


def is_closed(pid: int) -> bool:
    """The kernel gives the memory of a process that is not dumpable to root (proc(5)): its environment, with passwords, too."""
    return Path(f"/proc/{pid}/environ").stat().st_uid == 0 and Path(f"/proc/{pid}/status").stat().st_uid == 0


def assert_nobody_looks(pid: int) -> None:
    wait_until(lambda: is_closed(pid) and cores(pid) == "0 0", f"{pid} keeps its memory to itself")
    look = f"open('/proc/{pid}/environ', 'rb').read()"
    done = subprocess.run(["python3", "-c", look], capture_output=True, text=True, user=NOBODY if os.geteuid() == 0 else None)
    assert "PermissionError" in done.stderr


def test_the_workers_of_the_stack_leave_no_core(stack):
    assert {worker: cores(int(row["pid"])) for worker, row in stack.status().items() if worker in WORKERS} == dict.fromkeys(WORKERS, "0 0")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_s_memory(worker):
    with as_another(worker, LOCKBOX_DATABASE_URL=f"postgresql://x:{SECRET}@127.0.0.1:1/lockbox", LOCKBOX_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
                    LOCKBOX_AUDIT_DATABASE_URL=f"postgresql://x:{SECRET}@127.0.0.1:1/audit", LOCKBOX_SMTP_URL="smtp://127.0.0.1:1?tls=off") as child:
        assert_nobody_looks(child.pid)


def test_lockboxctl_s_memory():
    """While it waits for a database that does not answer, with a password in its environment."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://x:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/lockbox?connect_timeout=30"
        with as_another("lockboxctl", "request", "list", LOCKBOX_DATABASE_URL=url) as child:
            silent.settimeout(60)
            silent.accept()
            assert_nobody_looks(child.pid)
