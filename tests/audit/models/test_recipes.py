"""Every recipe of the pages that recipes.py names, as written: what it finds, and that an index finds it. ../scale does the same on
millions of rows."""
import secrets
from datetime import timedelta

import pytest
from filled import Filled, hours
from recipes import recipes

from support.audit import await_auditor
from support.sql import as_role
from support.waiting import wait_until

APPROVED = timedelta(minutes=15, seconds=1)


@pytest.fixture(scope="module")
def filled(stack):
    """Forty thousand records, in two weeks."""
    filled = Filled(stack, 4_000)
    yield filled
    filled.drop()


FOUND = {  # recipe: how many rows it must find
    "Who approved what for whom": lambda f: f.between(lambda n: APPROVED),
    "What happened on this cluster between two times": lambda f: 6,
    "All of one ticket": lambda f: 9,
    "One request, version by version": lambda f: 3,
    "Grants longer than that": lambda f: f.between(lambda n: APPROVED, lambda n: n % 8 + 1 > 4),
    "Decisions that came too late": lambda f: f.between(lambda n: timedelta(minutes=16) + hours(n), lambda n: n % 50 == 0),
    "Mails that failed": lambda f: f.between(lambda n: timedelta(seconds=11), lambda n: n % 40 == 0),
    "Use without a grant": lambda f: f.between(lambda n: timedelta(minutes=75) + hours(n), lambda n: n % 25 == 0) + f.between(
        lambda n: timedelta(minutes=20), lambda n: n % 100 == 7),
    "What the events say, and nobody decided": lambda f: 0,
    "What could this engineer do at that time": lambda f: 1,
    "What could this engineer do at that time (2)": lambda f: 1,
    "Who changed a customer's settings": lambda f: 0,
    "What became of rejected records": lambda f: 0,
    "What is missing": None,
    "What is missing (2)": lambda f: 0,
    "What is missing (3)": lambda f: f.between(lambda n: timedelta(minutes=20), lambda n: n % 100 == 7),
    "Access that was given": lambda f: f.between(lambda n: APPROVED),
    "Access that was not given": lambda f: 0,
    "How access ended": lambda f: 1,
    "Access that was not used": lambda f: f.between(lambda n: APPROVED, lambda n: n % 25 == 0),
    "Emergency access": lambda f: 0,
    "Who may decide": lambda f: 0,
    "Keys of approvers": lambda f: 0,
    "Segregation of duties": lambda f: 0,
    "Segregation of duties (2)": lambda f: 0,
    "What was done": lambda f: f.between(lambda n: APPROVED, lambda n: n % 25 != 0),
    "Access without consent": lambda f: f.between(lambda n: timedelta(minutes=75) + hours(n), lambda n: n % 25 == 0) + f.between(
        lambda n: timedelta(minutes=20), lambda n: n % 100 == 7),
    "The log is whole": lambda f: 4 * 8,  # partitions
    "What operators did to the log": lambda f: 0,
    "Steps told in time": None,
    "Offsets that are missing": None,
}
OF_THE_WHOLE_STORE = {"What operators did to the log"}  # a role that is bound to one tenant may not ask
NOTHING_HERE = {"What is missing", "What is missing (2)", "What could this engineer do at that time (2)", "Segregation of duties (2)", "Offsets that are missing"}


def test_every_recipe_is_known():
    assert [recipe.title for recipe in recipes()] == list(FOUND)


@pytest.mark.parametrize("recipe", recipes(), ids=lambda it: it.title)
def test_recipe_finds_what_is_there(filled, recipe):
    rows = filled.ask(recipe)
    if FOUND[recipe.title] is not None:
        assert len(rows) == FOUND[recipe.title](filled)
    if recipe.title == "What could this engineer do at that time (2)":
        assert rows[0][0] is True


@pytest.mark.parametrize("recipe", recipes(), ids=lambda it: it.title)
def test_recipe_is_answered_by_an_index(filled, recipe):
    scanned, blocks = filled.explain(recipe)
    assert scanned == set()
    assert blocks < 3000 + 20 * filled.months()


@pytest.mark.parametrize("recipe", [it for it in recipes() if it.title not in OF_THE_WHOLE_STORE], ids=lambda it: it.title)
def test_a_bound_role_is_answered_by_an_index_too(filled, recipe):
    """Policies stand before whatever could tell of rows that are hidden, so only some conditions reach an index."""
    role = f"bound_{secrets.token_hex(4)}"
    filled.database.rows("SELECT audit.bind_tenant(%s, %s)", role, f"tenant-{filled.chosen % 100}")
    try:
        url = as_role(filled.writer_url, role)
        scanned, _ = filled.explain(recipe, url)
        assert scanned == set()
        assert len(filled.ask(recipe, url)) <= len(filled.ask(recipe))
    finally:
        filled.database.rows(f"DROP OWNED BY {role}")
        filled.database.rows(f"DROP ROLE {role}")


@pytest.mark.parametrize("recipe", recipes(), ids=lambda it: it.title)
def test_recipe_runs_on_what_happened(system, lives, recipe):
    """Over real records: it is understood, and finds what is there. A breach is judged some seconds behind its record."""
    await_auditor(system)
    request = system.audit.row("SELECT * FROM audit.request WHERE ended_how = 'decision' AND access_until > starts_at LIMIT 1")
    values = {"since": "2026-01-01", "until": "2100-01-01", "ticket": request.ticket_id, "engineer": request.engineer_id,
              "cluster": request.resource_id, "at": str(request.starts_at), "longer": "1 hour", "request": request.request_id}
    system.auditor.rows("SELECT 1")
    connection = system.auditor.connection
    question = recipe.with_values(connection, **values).encode()
    connection.execute(question)
    if recipe.title not in NOTHING_HERE:
        wait_until(lambda: connection.execute(question).fetchall(), "it finds what is there", 60)
