"""A file with a password or a private key that another user of the machine can read stops the program that was to use it."""
import subprocess

import pytest

from support.stack import BINARIES

SECRET = "s3cret-quellwolke"


def run(program: str, *arguments, **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run([BINARIES / program, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env={"LOCKBOX_HTTP_LISTEN": "127.0.0.1:0", **settings})


@pytest.fixture
def password(tmp_path):
    file = tmp_path / "password"
    file.write_text(SECRET)
    return file


@pytest.fixture
def key(tmp_path):
    assert run("lockboxctl", "keygen", tmp_path / "key.pem").returncode == 0
    return tmp_path / "key.pem"


def assert_refused(done, setting: str, mode: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == 2 and setting in said and f"mode {mode}" in said, said
    assert SECRET not in said and "BEGIN" not in said


@pytest.mark.parametrize("program", ["requester", "decider", "expirer", "relay", "notifier", "authorizer"])
def test_a_worker_does_not_start_with_a_password_that_others_can_read(program, password):
    for mode in (0o644, 0o604, 0o602):
        password.chmod(mode)
        assert_refused(run(program, LOCKBOX_DATABASE_URL_FILE=str(password)), "LOCKBOX_DATABASE_URL_FILE", f"{mode:04o}")


@pytest.mark.parametrize("setting", ["LOCKBOX_AUDIT_DATABASE_URL_FILE", "LOCKBOX_SMTP_PASSWORD_FILE", "LOCKBOX_KAFKA_SASL_PASSWORD_FILE",
                                     "LOCKBOX_KAFKA_SSL_KEY_LOCATION"])
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
