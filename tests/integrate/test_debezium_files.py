"""deploy/debezium/ fits what stands here. That it works is shown by the debezium group, with the real connector."""
import json
import re

import psycopg

from support.broker import STRUCTURED
from support.stack import REPOSITORY

DEPLOY = REPOSITORY / "deploy/debezium"
CONNECTOR = json.loads((DEPLOY / "outbox.json").read_text())


def test_the_columns_it_names_are_there(system):
    columns = {row.column_name for row in system.lockbox.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'lockbox' AND table_name = 'outbox'")}
    named = {value for name, value in CONNECTOR.items() if ".table.field." in name or name.endswith("route.by.field")}
    assert named == {"id", "aggregateid", "aggregatetype", "payload"} and named <= columns
    system.lockbox.rows(CONNECTOR["snapshot.select.statement.overrides.lockbox.outbox"])


def test_the_header_is_the_relay_s():
    assert CONNECTOR["transforms.contentType.value.literal"].encode() == STRUCTURED


def test_the_role_may_read_the_outbox_and_nothing_else(system):
    with psycopg.connect(system.lockbox.url) as database:
        database.execute((DEPLOY / "setup.sql").read_text())
        readable = database.execute("SELECT table_name, privilege_type FROM information_schema.role_table_grants"
                                    " WHERE grantee = 'lockbox_debezium'").fetchall()
        published = database.execute("SELECT schemaname, tablename FROM pg_publication_tables"
                                     " WHERE pubname = %s", [CONNECTOR["publication.name"]]).fetchall()
        database.rollback()
    assert readable == [("outbox", "SELECT")] and published == [("lockbox", "outbox")]


def test_the_page_names_the_files():
    page = (REPOSITORY / "docs/debezium.md").read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", page):
        assert (REPOSITORY / "docs" / link).exists(), link
    assert {path.name for path in DEPLOY.iterdir()} == {"outbox.json", "setup.sql", "mark.sql"}
