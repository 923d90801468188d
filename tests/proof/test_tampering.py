"""Whatever one edit does to the store, audit verify names the log and where it begins, and nothing else; taken back, all
is right again. tests/proof/campaign does the same ten thousand times."""
import json
import os

from support.tamper import Edit, Tamperer

SEED = int(os.environ.get("LOCKBOX_DEV_TAMPER_SEED", "6962"))
EDITS = int(os.environ.get("LOCKBOX_DEV_TAMPER_EDITS", "56"))


def complaint(edit: Edit, done) -> str | None:
    """What is wrong with verify's answer to an edit."""
    if done.returncode != 1:
        return f"exit {done.returncode}: {done.stderr}"
    findings = json.loads(done.stdout)
    if [(found["topic"], found["partition"]) for found in findings] != [(edit.topic, edit.partition)]:
        return f"found {findings}"
    named = findings[0]["offset"]
    if edit.offset is not None and (named is None or named > edit.offset or edit.exact and named != edit.offset):
        return f"named {findings[0]}"
    return None


def tamper_and_verify(stack, ctl, seed: int, edits: int) -> list[str]:
    """The complaints, of so many edits, each checked by itself."""
    complaints = []
    tamperer = Tamperer(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], seed)
    try:
        for number, edit in zip(range(edits), tamperer.edits()):
            tamperer.apply(edit)
            wrong = complaint(edit, ctl("audit", "verify", "-o", "json"))
            tamperer.undo(edit)
            if wrong:
                complaints.append(f"seed {seed}, edit {number}: {edit.what} of {edit.topic}/{edit.partition} at {edit.offset}: {wrong}")
    finally:
        tamperer.close()
    return complaints


def test_every_edit_is_found_and_nothing_else(stack, ctl, signed):
    stack.down("auditor")
    try:
        assert ctl("audit", "verify").returncode == 0
        assert tamper_and_verify(stack, ctl, SEED, EDITS) == []
        done = ctl("audit", "verify")
        assert done.returncode == 0, done.stdout
    finally:
        stack.up("auditor")
