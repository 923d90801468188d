"""The database's table of legal moves is common/core/rules.c's table, as tests/unit/golden/rules.txt prints it."""
import re
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "unit/golden/rules.txt"
TIME = {"time is up", "reminder due", "not acknowledged in time"}
INPUTS = {"lockbox_requester": {*TIME, "ticket ended"},
          "lockbox_decider": {*TIME, "approve", "approve, not enough yet", "deny", "revoke", "acknowledge"},
          "lockbox_expirer": TIME}
MADE = {"customer_notified", "approved", "emergency", "refused", "not_required"}  # approved: beforehand, by a policy


def rules() -> set[tuple[str, str, str]]:
    """State, what happens, the state then: of what is published."""
    found, state = set(), ""
    for line in GOLDEN.read_text().splitlines():
        if re.match(r"[a-z_]+( \(over\))?$", line):
            state = line.split()[0]
        elif line.startswith("    ") and line.split()[-1].startswith("lockbox."):
            what, then = line[4:29].strip(), line[29:].split()[0]
            found.add((state, what, state if then == "(stays)" else then))
    return found


def reached(steps: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """A worker writes the last of several steps."""
    while more := {(a, d) for a, b in steps for c, d in steps if b == c} - steps:
        steps |= more
    return steps


def test_moves_are_the_rules(system):
    wanted = set()
    for role, inputs in INPUTS.items():
        moves = reached({(state, then) for state, what, then in rules() if what in inputs})
        wanted |= {(role, *move) for move in moves}
        if role == "lockbox_requester":
            wanted |= {(role, "", then) for then in MADE} | {(role, "", then) for state, then in moves if state in MADE}
    assert len(wanted) > 30
    assert {tuple(row) for row in system.lockbox.rows("SELECT role, from_state, to_state FROM lockbox.legal_move")} == wanted


def test_a_login_without_moves_makes_none(attacker, tenant):
    request = tenant.request()
    for login in ("lockbox_relay", "lockbox_notifier", "lockbox_enforcer"):
        assert attacker.tries(login, "UPDATE request SET state = 'approved' WHERE request_id = %(id)s", id=request.id) == "42501"
