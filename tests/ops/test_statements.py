"""What a .sql file says of its parameters and answers is what PostgreSQL describes of the prepared statement."""
import psycopg
import pytest
from psycopg.pq import ExecStatus

from support.statements import Statement, statements

# What of an answer's type each word says, by PostgreSQL's oids; text is what PostgreSQL prints of any.
TYPES = {"boolean": {16}, "bytea": {17}, "timestamptz": {1184}, **dict.fromkeys(["smallint", "integer", "bigint"], {20, 21, 23})}
AUDIT = ("models_", "auditor_", "proof_", "rebuild_", "tools_", "ctl_decision", "ctl_request_timeline")
DESCRIBED = [it for it in sorted(statements().values(), key=lambda it: it.name)
             if not it.name.startswith("unit_") and ";" not in it.text  # of several statements: a script, never prepared
             and not it.text.lstrip().startswith("COPY")]


def prepared(system, it: Statement):
    """What the server describes of a statement that is prepared as the workers do it."""
    audit = it.name.startswith(AUDIT)
    url = system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL" if audit else "LOCKBOX_SUPERUSER_URL"]
    with psycopg.connect(url, options=f"-c search_path={'audit' if audit else 'lockbox'}") as connection:
        if it.name == "rebuild_fetch":
            connection.execute(next(s.text for s in statements().values() if s.name == "rebuild_begin"))
        server = connection.pgconn
        made = server.prepare(b"it", it.text.encode(), it.types)
        assert made.status == ExecStatus.COMMAND_OK, made.error_message.decode()
        described = server.describe_prepared(b"it")
        assert described.status == ExecStatus.COMMAND_OK, described.error_message.decode()
        connection.rollback()
        return described


@pytest.mark.parametrize("it", DESCRIBED, ids=lambda it: it.name)
def test_a_statement_is_what_its_file_says(system, it):
    described = prepared(system, it)
    assert described.nparams == len(it.types)
    if it.answers is None:
        return  # nobody reads them
    assert [described.fname(i).decode() for i in range(described.nfields)] == [column["name"] for column in it.answers]
    for i, column in enumerate(it.answers):
        assert described.ftype(i) in TYPES.get(column["type"], {described.ftype(i)}), column["name"]
