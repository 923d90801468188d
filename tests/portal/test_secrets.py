"""The portal's files of secrets: which are refused, as docs/decisions/024 says."""
import os
import subprocess
import sys

import pytest

from support.portal import PYTHON
from support.stack import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "portal"))

from lockbox_portal.settings import BadSetting, Settings  # noqa: E402

SETTINGS = {"PORTAL_URL": "http://localhost:8000", "PORTAL_SESSION_KEY": "s" * 32, "PORTAL_OIDC_ISSUER": "http://localhost:9000",
            "PORTAL_OIDC_CLIENT_ID": "portal", "PORTAL_OIDC_CLIENT_SECRET": "c", "PORTAL_KAFKA_BOOTSTRAP_SERVERS": "localhost:1"}
SECRETS = ["PORTAL_SESSION_KEY", "PORTAL_OIDC_CLIENT_SECRET", "PORTAL_DATABASE_URL", "PORTAL_AUDIT_DATABASE_URL", "PORTAL_KAFKA_SASL_PASSWORD"]


def with_file(path, name: str, mode: int, **more: str) -> dict[str, str]:
    path.write_text("sqlite:///a-secret-of-thirty-two-characters\n")
    path.chmod(mode)
    return {**{it: value for it, value in SETTINGS.items() if it != name}, f"{name}_FILE": str(path), **more}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_secret_that_others_can_read_is_refused(tmp_path, name, mode):
    environment = with_file(tmp_path / "secret", name, mode)
    with pytest.raises(BadSetting, match=f"{name}_FILE: .* has mode {mode:04o}, open to everybody"):
        Settings.of(environment)
    assert Settings.of({**environment, "LOCKBOX_ALLOW_OPEN_SECRETS": "yes"})


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640])
def test_a_secret_of_the_user_and_a_group_of_it_is_taken(tmp_path, name, mode):
    assert "a-secret-of-thirty-two-characters" in repr(Settings.of(with_file(tmp_path / "secret", name, mode)))


@pytest.mark.parametrize(("user", "group", "mode", "says"), [
    (0, 4242, 0o640, "open to a group that this process is not in"), (4242, 0, 0o600, "belongs to user 4242, who is neither root")])
def test_a_secret_of_others_is_refused(tmp_path, user, group, mode, says):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    environment = with_file(tmp_path / "secret", "PORTAL_SESSION_KEY", mode)
    os.chown(tmp_path / "secret", user, group)
    with pytest.raises(BadSetting, match=says):
        Settings.of(environment)


def test_a_private_key_of_kafkas_client_is_judged_before(tmp_path):
    (tmp_path / "key.pem").touch(0o644)
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(BadSetting, match="PORTAL_KAFKA_SSL_KEY_LOCATION: .* has mode 0644"):
        Settings.of({**SETTINGS, "PORTAL_KAFKA_SSL_KEY_LOCATION": str(tmp_path / "key.pem")})


def test_what_is_no_secret_may_be_open(tmp_path):
    (tmp_path / "url").write_text("http://localhost:8000")
    (tmp_path / "url").chmod(0o644)
    assert Settings.of({**SETTINGS, "PORTAL_URL": "", "PORTAL_URL_FILE": str(tmp_path / "url")}).url == "http://localhost:8000"


def test_the_portal_ends_with_exit_code_2(tmp_path):
    environment = with_file(tmp_path / "secret", "PORTAL_SESSION_KEY", 0o644)
    done = subprocess.run([PYTHON, "-m", "lockbox_portal"], cwd=REPOSITORY / "portal", env={**environment, "PATH": os.environ["PATH"]},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "PORTAL_SESSION_KEY_FILE: " in done.stderr and "has mode 0644, open to everybody" in done.stderr
    assert "a-secret" not in done.stderr
