"""Ten thousand edits of the store, each alone in its log, one log's of eight at a time; by a new seed each time, which a
failure names.

    LOCKBOX_DEV_TAMPER_EDITS=1000 LOCKBOX_DEV_TAMPER_SEED=7 ./dev test proof/campaign
"""
import os
import secrets
import time

import pytest
from test_tampering import tamper_and_verify

from conftest import await_signed, publish

SEED = int(os.environ.get("LOCKBOX_DEV_TAMPER_SEED", secrets.randbelow(1_000_000)))
EDITS = int(os.environ.get("LOCKBOX_DEV_TAMPER_EDITS", "10000"))


@pytest.fixture
def eight_logs(stack, system, signed):
    for seed in (7, 8):
        publish(stack, {partition: 20 + 31 * (partition - 2) for partition in range(2, 8)}, seed)
        await_signed(system, signed)


def test_every_edit_of_many_is_found_and_nothing_else(stack, ctl, eight_logs):
    stack.down("auditor")
    began = time.monotonic()
    complaints = tamper_and_verify(stack, ctl, SEED, EDITS, at_once=8)
    print(f"seed {SEED}: {EDITS} edits, {len(complaints)} complaints, {time.monotonic() - began:.0f} s")
    assert complaints == []
    done = ctl("audit", "verify")
    assert done.returncode == 0, done.stdout
