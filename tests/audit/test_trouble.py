"""An auditor that cannot do all of its work does the rest of it."""
from support.waiting import wait_until

PLACE = "lockbox.decisions.v1", 7


def test_what_cannot_be_signed_is_stored_and_signed_once_it_can(store):
    """Nor does it sleep on a new connection, whichever comes first: that, or the end of its wait after a failure."""
    store.audit.rows("REVOKE INSERT ON audit.checkpoint FROM lockbox_audit_writer")
    try:
        for number in range(5):
            store.fill(*PLACE, [(b"k", b"%d" % number, [])])
            store.await_auditor()
        wait_until(lambda: store.stack.metrics("auditor")["lockbox_retries_total"] >= 4, "it has tried to sign")
    finally:
        store.audit.rows("GRANT INSERT ON audit.checkpoint TO lockbox_audit_writer")
    store.audit.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lockbox-auditor'")
    store.fill(*PLACE, [(b"k", b"last", [])])
    store.await_auditor(20)
    store.await_checkpoints()
    assert [row.size for row in store.checkpoints(*PLACE)][-1] == 6
