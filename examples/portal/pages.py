"""The portal's pages. All text in them was written by others: text() is the only way into a page."""
import html
import unicodedata
import uuid
from dataclasses import dataclass

from lockbox import Asked

WAITING, OPEN = "customer_notified", ("approved", "emergency")
PARTS = ("number", "action", "namespace", "kind", "name")
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # characters that hide, or turn the text around them

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } a { color: #0b57a4; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
tr + tr > * { border-top: 1px solid #ddd; } th { width: 11rem; font-weight: 600; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; } code { overflow-wrap: anywhere; }
form { margin: 1rem 0; padding: 1rem; border: 1px solid #ccc; border-radius: .4rem; }
label { display: block; margin: .3rem 0; } input[name=comment] { width: 28rem; max-width: 100%; }
button { font: inherit; padding: .35rem 1.2rem; margin-top: .6rem; } .approve { background: #1a7f37; color: #fff; border: 0; }
.deny { background: #b3261e; color: #fff; border: 0; } .notice { padding: .6rem 1rem; background: #fff4ce; }
"""


def text(value: object) -> str:
    """As text and nothing else; what cannot be seen is named."""
    return html.escape("".join(char if char in "\n\t" or unicodedata.category(char) not in INVISIBLE
                               else f"⟨U+{ord(char):04X}⟩" for char in str(value)))


@dataclass(frozen=True)
class Page:
    title: str
    body: str
    refresh: int | None = None  # seconds; a page with a form in it stays as it is

    def render(self) -> bytes:
        refresh = f'<meta http-equiv="refresh" content="{self.refresh}">' if self.refresh else ""
        return (f'<!doctype html><html lang="en"><head><meta charset="utf-8">{refresh}<title>{text(self.title)}</title>'
                f'<link rel="stylesheet" href="/style.css"></head><body>{self.body}</body></html>').encode()


def table(rows: list[tuple[str, object]]) -> str:
    """The rows that have a value."""
    return "<table>" + "".join(f'<tr><th>{text(name)}</th><td class="text">{text(value)}</td></tr>'
                               for name, value in rows if value not in (None, "")) + "</table>"


def message(title: str, why: str) -> Page:
    return Page(title, f'<h1>{text(title)}</h1><p class="notice">{text(why)}</p><p><a href="/">All requests</a></p>')


# ---- the list ----


def overview(approver: dict, asked: list[Asked]) -> Page:
    waiting = [it for it in asked if it.now["state"] == WAITING]
    running = [it for it in asked if it.now["state"] in OPEN]
    ended = [it for it in asked if it not in waiting and it not in running]
    body = (f"<h1>Access requests for {text(approver['name'])}</h1>"
            f"<h2>Waiting for a decision</h2>{listed(waiting, 'decide_by', 'until')}"
            f"<h2>Access is open</h2>{listed(running, 'expires_at', 'until')}"
            f"<h2>Done</h2>{listed(ended[:50], 'ended_at', 'since')}")
    return Page("Access requests", body, refresh=3)


def listed(asked: list[Asked], moment: str, word: str) -> str:
    rows = "".join(f'<tr><td><a href="/request/{text(it.now["request_id"])}">{text(it.now["ticket_id"])}</a></td>'
                   f'<td class="text">{text(it.now["engineer"].get("name") or it.now["engineer"]["id"])} of '
                   f'{text(it.now["engineer"].get("organization", ""))}</td>'
                   f'<td>{text(it.now["state"])}</td><td>{word} {text(it.now.get(moment, ""))}</td></tr>' for it in asked)
    return f"<table>{rows}</table>" if rows else "<p>None.</p>"


# ---- one request ----


def request(approver: dict, asked: Asked, csrf: str, verdict: str | None) -> Page:
    first, now = asked.first, asked.now
    engineer = first["engineer"]
    body = [f'<p><a href="/">All requests</a></p><h1>Ticket {text(first["ticket_id"])}</h1>']
    if verdict:
        body.append(f'<p class="notice" id="verdict">Your decision: <b>{text(verdict)}</b></p>')
    body.append(table([
        ("State", now["state"]),
        ("Engineer", f"{engineer.get('name', '')} <{engineer.get('email', '')}>, id {engineer['id']}"),
        ("Organization", engineer.get("organization")), ("Cluster", first["resource_id"]),
        ("Subscription", first.get("subscription_id")), ("Tenant", first.get("tenant_id")),
        ("Justification", first.get("justification")), ("Reason code", first.get("reason_code")),
        ("For", first.get("duration")), ("Not before", first.get("starts_at")), ("Decide by", first.get("decide_by")),
        ("Authorized by", (first.get("authorized_by") or {}).get("name")), ("Incident", first.get("incident_id")),
        ("Access until", now.get("expires_at")), ("Request", first["request_id"])]))
    body.append(f"<h2>Exactly these actions</h2>{actions(first, now)}")
    body.append('<p id="digest">Digest of what is asked, computed from the fields above: '
                f"<code>{text(asked_digest(asked))}</code></p>")
    body.append(f"<h2>Decisions so far</h2>{decisions(now)}<h2>Decide</h2>{forms(asked, csrf)}")
    return Page(f"Ticket {first['ticket_id']}", "".join(body))


def asked_digest(asked: Asked) -> str:
    return f"{asked.first['digest']}, as Lockbox has it" if asked.is_whole else "DIFFERS from Lockbox's"


def actions(first: dict, now: dict) -> str:
    """As asked; what an approver left out since is marked."""
    left_out = {item["number"] for item in now["actions"] if not item.get("kept", True)}
    rows = "".join(f'<tr id="item-{item["number"]}"><td>{text(item["number"])}</td><td><code>{text(item["action"])}</code></td>'
                   + "".join(f'<td class="text">{text(item.get(part, "—"))}</td>' for part in ("namespace", "kind", "name"))
                   + f'<td>{"left out" if item["number"] in left_out else ""}</td></tr>' for item in first["actions"])
    return f"<table><tr><td></td><td>action</td><td>namespace</td><td>kind</td><td>name</td><td></td></tr>{rows}</table>"


def decisions(request: dict) -> str:
    rows = [(vote["at"], f"{vote['decision']} by {vote['by'].get('name') or vote['by']['id']}"
             + (f": {vote['comment']}" if vote.get("comment") else "")) for vote in request["decisions"]]
    return table(rows) if rows else "<p>None.</p>"


def forms(asked: Asked, csrf: str) -> str:
    state = asked.now["state"]
    if not asked.is_whole:
        return '<p class="notice">What is shown is not what Lockbox recorded. Do not decide; tell your operator.</p>'
    if asked.now.get("signed_decisions"):
        return '<p class="notice">This request asks for signed decisions, and this portal has no keys.</p>'
    if state == WAITING:
        return approve_form(asked.first, csrf) + form(asked.now, csrf, "deny", "Deny")
    if state in OPEN:
        acknowledge = state == "emergency" and not asked.now.get("acknowledged_at")
        return (form(asked.now, csrf, "acknowledge", "I know of it") if acknowledge else "") \
            + form(asked.now, csrf, "revoke", "Revoke access now")
    return "<p>There is nothing left to decide.</p>"


def approve_form(request: dict, csrf: str) -> str:
    items = "".join(f'<label><input type="checkbox" name="item" value="{item["number"]}" checked> '
                    f'{text(" ".join(str(item[part]) for part in PARTS if part in item))}</label>'
                    for item in request["actions"])
    return form(request, csrf, "approve", "Approve", f"{items}<label>For <input type=\"number\" name=\"minutes\" min=\"1\" "
                f"max=\"10000\"> minutes (empty: {text(request.get('duration', ''))}, as asked)</label>")


def form(request: dict, csrf: str, decision: str, label: str, fields: str = "") -> str:
    """The decision's event id is in the form: sent twice, it is one decision."""
    colour = {"approve": "approve", "deny": "deny", "revoke": "deny"}.get(decision, "")
    return (f'<form method="post" action="/request/{text(request["request_id"])}" id="{decision}">'
            f'<input type="hidden" name="csrf" value="{csrf}"><input type="hidden" name="id" value="{uuid.uuid4()}">'
            f'<input type="hidden" name="decision" value="{decision}">{fields}'
            f'<label>Comment <input name="comment" maxlength="2000"></label>'
            f'<button class="{colour}">{text(label)}</button></form>')
