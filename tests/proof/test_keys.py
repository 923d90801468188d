"""The signing key changes: what the old one signed holds by the old one, and nobody has to change at the same moment."""
from pathlib import Path

import pytest
from support.translog import Verifier

from conftest import ACCESSES, await_signed, publish


def restart_auditor(stack, key_file: Path) -> None:
    stack.down("auditor")
    stack.settings["LOCKBOX_CHECKPOINT_KEY_FILE"] = str(key_file)
    stack.up("auditor")
    stack.attach()


def signers_of(store, size: int) -> int:
    note = store.execute('SELECT note FROM audit.checkpoint WHERE topic = %s AND "partition" = 3 AND size = %s', [ACCESSES, size]).fetchone()[0]
    return len(note.split("\n\n")[1].splitlines())


def test_a_key_follows_another(stack, system, ctl, bare, signed, settings, tmp_path, request):
    if request.config.getoption("--stack"):
        pytest.skip("restarts the auditor by other settings than the stack's own")
    old_file = Path(settings["LOCKBOX_CHECKPOINT_KEY_FILE"])
    old = ctl("audit", "vkey").stdout.splitlines()[0]
    publish(stack, {3: 4}, 31)
    await_signed(system, signed)
    new_file, both_file = tmp_path / "new.pem", tmp_path / "both.pem"
    new = bare("keygen", new_file, LOCKBOX_LOG_ORIGIN=settings["LOCKBOX_LOG_ORIGIN"]).stdout.strip()
    both_file.write_text(new_file.read_text() + old_file.read_text())
    both_file.chmod(0o600)

    def verify(*vkeys: str):
        keys = tmp_path / "vkeys.txt"
        keys.write_text("\n".join(vkeys) + "\n")
        return ctl("audit", "verify", LOCKBOX_CHECKPOINT_KEY_FILE="", LOCKBOX_CHECKPOINT_VKEYS_FILE=str(keys))
    try:
        restart_auditor(stack, both_file)
        publish(stack, {3: 3}, 32)
        await_signed(system, signed)
        assert (signers_of(signed, 4), signers_of(signed, 7)) == (1, 2)
        assert verify(old, new).returncode == verify(new, old).returncode == verify(old).returncode == 0
        assert verify(new).returncode == 1  # not what came before it

        names = {Verifier.read(line).key for line in ctl("audit", "vkey", LOCKBOX_CHECKPOINT_KEY_FILE=str(both_file)).stdout.splitlines()}
        assert names == {Verifier.read(old).key, Verifier.read(new).key}
    finally:
        restart_auditor(stack, old_file)
