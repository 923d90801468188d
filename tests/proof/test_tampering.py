"""Whatever one edit does to the store, audit verify names the log and where it begins, and nothing else; taken back, all
is right again. tests/proof/campaign does the same ten thousand times."""
import json
import os

from support.tamper import Edit, Tamperer

from conftest import await_signed

SEED = int(os.environ.get("LOCKBOX_DEV_TAMPER_SEED", "6962"))
EDITS = int(os.environ.get("LOCKBOX_DEV_TAMPER_EDITS", "58"))


def complaint(edit: Edit, found: list[dict]) -> str | None:
    """What is wrong with what was found of an edit's log."""
    if len(found) != 1:
        return f"found {found}"
    named = found[0]["offset"]
    if edit.offset is not None and (named is None or named > edit.offset or edit.exact and named != edit.offset):
        return f"named {found[0]}"
    return None


def complaints_of(edits: list[Edit], done) -> list[str]:
    """What is wrong with verify's answer to edits of a log each."""
    if done.returncode != 1:
        return [f"{edits[0].what}: exit {done.returncode}: {done.stderr}"]
    findings = json.loads(done.stdout)
    places = {(edit.topic, edit.partition): edit for edit in edits}
    stray = [f"found {found}" for found in findings if (found["topic"], found["partition"]) not in places]
    for place, edit in places.items():
        wrong = complaint(edit, [found for found in findings if (found["topic"], found["partition"]) == place])
        stray += [f"{edit.what} of {place} at {edit.offset}: {wrong}"] if wrong else []
    return stray


def rounds(tamperer: Tamperer, edits: int, at_once: int):
    """Lists of edits, each list's of different logs."""
    queue: list[Edit] = []
    for edit in tamperer.edits():
        if edits <= 0:
            return
        if len(queue) == min(at_once, edits) or any((edit.topic, edit.partition) == (one.topic, one.partition) for one in queue):
            yield queue
            edits -= len(queue)
            queue = []
        queue.append(edit)


def tamper_and_verify(stack, ctl, seed: int, edits: int, at_once: int = 1) -> list[str]:
    """The complaints, of at least so many edits, each checked by itself: alone in the store, or alone in its log."""
    complaints, done = [], 0
    tamperer = Tamperer(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], seed)
    try:
        for together in rounds(tamperer, edits, at_once):
            for edit in together:
                tamperer.apply(edit)
            wrong = complaints_of(together, ctl("audit", "verify", "-o", "json"))
            for edit in together:
                tamperer.undo(edit)
            complaints += [f"seed {seed}, after {done} edits: {what}" for what in wrong]
            done += len(together)
    finally:
        tamperer.close()
    return complaints


def test_every_edit_is_found_and_nothing_else(stack, system, ctl, signed):
    await_signed(system, signed)  # what nobody signed can be taken back unseen
    stack.down("auditor")
    try:
        assert ctl("audit", "verify").returncode == 0
        assert tamper_and_verify(stack, ctl, SEED, EDITS) == []
        done = ctl("audit", "verify")
        assert done.returncode == 0, done.stdout
    finally:
        stack.up("auditor")


def test_detached_months_are_allowed_for_where_one_says_so(stack, system, ctl, signed):
    """A month that was detached leaves its leaf hashes: in tiles, and those behind the last full tile in kept_leaf."""
    await_signed(system, signed)
    stack.down("auditor")
    tamperer = Tamperer(stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"], SEED)
    try:
        log = next(log for log in tamperer.logs if log.size > 256)
        in_tile, in_tail = log.base + 7, log.base + log.size - 2
        edit = tamperer.edit("detach", log, in_tile)
        for offset in (in_tile, in_tail):
            edit.add('DELETE FROM event WHERE topic = %s AND "partition" = %s AND "offset" = %s', *log.place, offset)
        keep = ("INSERT INTO kept_leaf VALUES (%s, %s, %s, %s)", (*log.place, in_tail, log.rows[in_tail]["leaf_hash"]))
        tamperer.apply(edit)
        assert complaints_of([edit], ctl("audit", "verify", "-o", "json")) == []
        assert ctl("audit", "verify", "--detached").returncode == 1  # nothing knows the hash of the last but one
        tamperer.db.execute(*keep)
        done = ctl("audit", "verify", "--detached")
        assert done.returncode == 0 and "2 records are not here, only their hashes" in done.stdout, done.stdout
        place = ("--topic", log.place[0], "--partition", log.place[1])
        assert ctl("audit", "verify", *place, "--offsets", f"{in_tile}..{in_tile + 3}", "--detached").returncode == 0
        assert ctl("audit", "verify", *place, "--offsets", f"{in_tile}..{in_tile + 3}").returncode == 1
        assert ctl("audit", "proof", log.place[0], log.place[1], in_tail).returncode == 0
        with tamperer.unguarded():
            tamperer.db.execute("DELETE FROM kept_leaf")
        tamperer.undo(edit)
    finally:
        tamperer.close()
        stack.up("auditor")
    assert ctl("audit", "verify").returncode == 0
