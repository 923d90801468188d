"""What a person's page may have published in their name."""
from .queries import Asked
from .login import Person

DECISIONS = ("approve", "deny", "revoke", "acknowledge")
OWN_KEY = "approver_key_set"
ADMINISTRATORS = ("lockbox_enabled", "lockbox_disabled", "policy_set", "contacts_set", "role_assigned", "role_removed", OWN_KEY)


class BadForm(Exception):
    """It cannot be published; the message says why and what to do."""


def decision_of(asked: Asked, person: Person, body: dict) -> dict:
    """decision.submitted's data. The person votes as the request names them: a signature is by that id."""
    if body.get("version") != asked.now["version"]:
        raise BadForm("The request has changed since this page was loaded. Load it again, and look at it again.")
    if not asked.is_whole:
        raise BadForm("What is shown is not what Lockbox recorded. Do not decide; tell your operator.")
    if body.get("decision") not in DECISIONS:
        raise BadForm("The page sent no decision. Load it again.")
    if body["decision"] == "deny" and not str(body.get("comment", "")).strip():
        raise BadForm("Say why, so that the engineer knows what to change.")
    by = next(it["principal"] for it in asked.now["approvers"] if it["principal"]["id"] == person.id)
    said = {name: body[name] for name in ("comment", "duration", "actions", "assertion")
            if body.get(name) or body.get(name) == []}  # an approval of no item is none, and without a list of all
    return {"request_id": asked.first["request_id"], "decision": body["decision"], "by": by, **said}


def change_of(roles: dict[str, set[str]], person: Person, body: dict) -> tuple[str, dict]:
    """A tenant event's kind and data: an administrator's, or of a person's own key."""
    kind, data = body.get("kind"), body.get("data")
    if kind not in ADMINISTRATORS or not isinstance(data, dict):
        raise BadForm("The page sent no change. Load it again.")
    held = roles.get(data.get("tenant_id"), set())
    is_own_key = kind == OWN_KEY and data.get("principal_id") == person.id and held
    if not is_own_key and "global_administrator" not in held:
        raise BadForm("Only a Global Administrator of the tenant may do that. Ask one of them.")
    if data.get("by") != person.principal:
        raise BadForm("This page is of another log-in. Load it again.")
    return kind, data
