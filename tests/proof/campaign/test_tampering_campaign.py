"""Ten thousand edits of the store, each checked by itself; by a new seed each time, which a failure names.

    LOCKBOX_DEV_TAMPER_EDITS=1000 LOCKBOX_DEV_TAMPER_SEED=7 ./dev test proof/campaign
"""
import os
import secrets
import time

from test_tampering import tamper_and_verify

SEED = int(os.environ.get("LOCKBOX_DEV_TAMPER_SEED", secrets.randbelow(1_000_000)))
EDITS = int(os.environ.get("LOCKBOX_DEV_TAMPER_EDITS", "10000"))


def test_every_edit_of_many_is_found_and_nothing_else(stack, ctl, signed):
    stack.down("auditor")
    began = time.monotonic()
    complaints = tamper_and_verify(stack, ctl, SEED, EDITS)
    print(f"seed {SEED}: {EDITS} edits, {len(complaints)} complaints, {time.monotonic() - began:.0f} s")
    assert complaints == []
    done = ctl("audit", "verify")
    assert done.returncode == 0, done.stdout
