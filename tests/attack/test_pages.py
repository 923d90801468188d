"""How much the audit store reads to judge one record does not grow with what others wrote: nobody holds up its judge."""
import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.forging import await_judge
from support.scenario import Tenant

PAGES = 8  # of one look-up in one month: an index's levels, and a row's pages

# One record so many times, each with an id and an offset of its own, and with something else in one place.
COPIES = """
    INSERT INTO audit.event (topic, "partition", "offset", kafka_timestamp, received_at, key, headers, raw, event_id, source, type, subject,
                             event_time, tenant_id, subscription_id, request_id, ticket_id, actor, leaf_hash)
    SELECT e.topic, e."partition", 1000000 + n, e.kafka_timestamp, e.received_at, e.key, e.headers,
           convert_to(replace(replace(convert_from(e.raw, 'UTF8'), %(replaced)s, replace(%(by)s, '#', n::text)), e.event_id, 'copy-' || n), 'UTF8'),
           'copy-' || n, e.source, e.type, e.subject, e.event_time, e.tenant_id, e.subscription_id, e.request_id, e.ticket_id, e.actor, e.leaf_hash
      FROM audit.event e, generate_series(1, %(many)s) AS n
     WHERE e.topic = %(topic)s AND e."partition" = %(partition)s AND e."offset" = %(offset)s"""


class Store:
    """The audit store as its judge has it, in a transaction that is not committed."""

    def __init__(self, connection):
        self.connection = connection
        for setting in ("search_path = audit", "enable_seqscan = off", "jit = off"):
            connection.execute(f"SET LOCAL {setting}")
        self.months = self.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass")

    def value(self, question: str, *values):
        return self.connection.execute(question, values).fetchone()[0]

    def fill(self, record: tuple, replaced: str, by: str, many: int) -> None:
        topic, partition, offset = record
        filled = self.connection.execute(COPIES, {"topic": topic, "partition": partition, "offset": offset, "replaced": replaced, "by": by, "many": many})
        assert filled.rowcount == many
        assert self.value("SELECT count(DISTINCT raw) FROM event WHERE topic = %s AND \"offset\" > 1000000", topic) == many

    def pages(self, question: str, *values) -> int:
        """How many the question touches, once the session has made its plans."""
        for _ in range(7):
            self.connection.execute(question, values)
        [[[plan]]] = self.connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {question}", values).fetchall()
        return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


@pytest.fixture
def store(system):
    with psycopg.connect(system.stack.env["LOCKBOX_AUDIT_SUPERUSER_URL"]) as connection:
        yield Store(connection)
        connection.rollback()


@pytest.mark.parametrize("known", [True, False], ids=["analyzed", "grown since"])
@pytest.mark.parametrize("many", [500, 3000])
def test_each_approver_is_looked_up_by_themselves(system, store, tenant, many, known):
    """However many people the tenant gave a role, and whatever the planner knows of it."""
    request = tenant.request()
    await_judge(system, request.first)
    role = store.connection.execute("""
        SELECT topic, "partition", "offset" FROM event
         WHERE tenant_id = %s AND type = 'lockbox.tenant.role_assigned.v1' AND topic LIKE '%%tenants.v1'
           AND event_content(raw) #>> '{principal,id}' = %s LIMIT 1""", [tenant.id, tenant.owner.id]).fetchone()
    store.fill(role, tenant.owner.id, "someone-#", many)
    if known:
        store.connection.execute("ANALYZE event")
    named = request.first.request
    made_up = {**named, "approvers": [*named["approvers"], {"principal": {"id": "eve", "email": "eve@contoso.example"}, "role": "owner"}]}
    for r, found in ((named, None), (made_up, "eve")):
        assert store.value("SELECT made_up_approver(%s, now())", Jsonb(r)) == found
        touched = store.pages("SELECT made_up_approver(%s, now())", Jsonb(r))
        assert touched <= PAGES * store.months * len(r["approvers"]), f"{touched} pages for {len(r['approvers'])} approvers"


@pytest.mark.parametrize("known", [True, False], ids=["analyzed", "grown since"])
def test_a_version_is_judged_by_itself(system, store, tenant, known):
    """However many versions there are of the request: whoever writes events.v1 tells as many as they please."""
    request = tenant.request()
    request.approve()
    approved = request.event("approved")
    await_judge(system, approved)
    store.fill(request.first.place, '"version":1', '"version":1000#', 3000)
    if known:
        store.connection.execute("ANALYZE event")
    for record in (request.first, approved):
        touched = store.pages("SELECT count(*) FROM event e, version_breaches(e, %s) WHERE e.topic = %s AND e.\"partition\" = %s AND e.\"offset\" = %s",
                              Jsonb(record.request), *record.place)
        assert touched <= PAGES * store.months * 5, f"{touched} pages for version {record.request['version']}"


@pytest.mark.parametrize("known", [True, False], ids=["analyzed", "grown since"])
@pytest.mark.parametrize("topic,name", [("tickets", "ticket_id"), ("decisions", "request_id"), ("tenants", "tenant_id")])
def test_a_cause_is_looked_up_by_its_id(system, store, tenant, topic, name, known):
    """However many records name the same ticket, request or tenant."""
    request = tenant.request()
    request.approve()
    told = request.first if topic == "tickets" else request.event("approved")
    await_judge(system, told)
    named = {"ticket_id": request.wish["ticket_id"], "request_id": request.id, "tenant_id": tenant.id}[name]
    record = store.connection.execute(f"""SELECT topic, "partition", "offset" FROM event
                                           WHERE {name} = %s AND topic = %s ORDER BY event_id = %s DESC LIMIT 1""",
                                      [named, f"lockbox.{topic}.v1", told.event["causationid"]]).fetchone()
    store.fill(record, '"specversion"', '"again":"#","specversion"', 3000)
    if known:
        store.connection.execute("ANALYZE event")
    question = 'SELECT has_cause(e, %s, %s) FROM event e WHERE e.topic = %s AND e."partition" = %s AND e."offset" = %s'
    for cause, found in ((told.event["causationid"], True), ("copy-77", True), ("nothing", False)):
        values = (cause, Jsonb(told.request), *told.place)
        assert store.value(question, *values) == found
        touched = store.pages(question, *values)
        assert touched <= PAGES * store.months * 4, f"{touched} pages for {cause}"


def test_a_ticket_is_in_no_index_that_it_is_not_looked_up_by(store, tenant):
    """What a ticket's record costs: its row, its place, and its ticket. It names no request and no tenant."""
    ticket = tenant.request().wish["ticket_id"]
    indexes = store.connection.execute("""
        SELECT ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indexrelid ORDER BY a.attnum),
               coalesce(replace(pg_get_expr(i.indpred, i.indrelid), '%%', '%%%%'), 'true')
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
         WHERE i.indrelid = (SELECT tableoid FROM event WHERE ticket_id = %s AND topic LIKE '%%tickets.v1' LIMIT 1)""", [ticket]).fetchall()
    kept = {tuple(columns) for columns, condition in indexes
            if store.value(f"SELECT bool_or({condition}) FROM event WHERE ticket_id = %s AND topic = 'lockbox.tickets.v1'", ticket)}
    assert kept == {("topic", "partition", "offset"), ("ticket_id", "event_id")}


@pytest.mark.parametrize("known", [True, False], ids=["analyzed", "grown since"])
def test_an_approval_is_judged_by_what_led_to_it(system, store, tenant, known):
    """However many decisions there are of the request: whoever writes decisions.v1 sends as many as they please."""
    request = tenant.request()
    decision = request.submit("approve")
    assert request.judged(decision).data["verdict"] == "applied"
    approved = request.event("approved")
    await_judge(system, approved)
    place = store.connection.execute("SELECT topic, \"partition\", \"offset\" FROM event WHERE request_id = %s AND event_id = %s AND topic LIKE '%%decisions.v1'",
                                     [request.id, decision]).fetchone()
    store.fill(place, tenant.owner.id, "someone-#", 3000)
    if known:
        store.connection.execute("ANALYZE event")
    question = ("SELECT count(*) FROM event e, approval_breaches(e, %s, %s) WHERE e.topic = %s AND e.\"partition\" = %s AND e.\"offset\" = %s")
    assert store.value(question, decision, Jsonb(approved.request), *approved.place) == 0
    touched = store.pages(question, decision, Jsonb(approved.request), *approved.place)
    assert touched <= PAGES * store.months * 4, f"{touched} pages"


@pytest.mark.parametrize("known", [True, False], ids=["analyzed", "grown since"])
def test_a_request_is_judged_by_what_was_in_force(system, store, known):
    """However often the tenant changed its policy."""
    own = Tenant(system)
    changed = own.change("policy_set", by=own.admin.principal, approvals_needed=2)
    request = own.request()
    await_judge(system, request.first)
    store.fill(changed.place, changed.event["id"], "copy-#", 3000)
    if known:
        store.connection.execute("ANALYZE event")
    question = "SELECT count(*) FROM event e, standing_breaches(e, %s) WHERE e.topic = %s AND e.\"partition\" = %s AND e.\"offset\" = %s"
    assert store.value(question, Jsonb(request.first.request), *request.first.place) == 0
    touched = store.pages(question, Jsonb(request.first.request), *request.first.place)
    assert touched <= PAGES * store.months * 12, f"{touched} pages"  # of one time there are twenty at most
    question = "SELECT count(*) FROM event e, tenant_breaches(e, %s, %s) WHERE e.topic = %s AND e.\"partition\" = %s AND e.\"offset\" = %s"
    touched = store.pages(question, changed.cause, Jsonb(changed.data), *changed.place)
    assert touched <= PAGES * store.months * 3, f"{touched} pages"
