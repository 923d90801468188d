"""notification preview and templates check: no stack needed."""
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "docs"

KINDS = ["approval_needed", "reminder", "outcome", "emergency", "emergency_reminder", "informed"]
READERS = ["approver", "alternate", "engineer"]
SUBJECTS = {"approval_needed": "Approval needed", "reminder": "Reminder, approval needed", "outcome": "Approved",
            "emergency": "Emergency access", "emergency_reminder": "Emergency not acknowledged",
            "informed": "Access without approval"}


def test_preview_of_a_digest(bare):
    for reader in ("approver", "alternate"):
        text, html = (bare("notification", "preview", "digest", "--reader", reader, *more) for more in ([], ["--html"]))
        assert (text.returncode, html.returncode) == (0, 0)
        for said in (text.stdout, html.stdout):
            assert said.count("Get logs from every pod in openshift-ingress") == 3 and "tenant contoso" in text.stdout
            assert ("You are informed, you cannot approve." in said) == (reader == "alternate")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_preview(bare, kind, reader):
    text, html = (bare("notification", "preview", kind, "--reader", reader, *more) for more in ([], ["--html"]))
    assert (text.returncode, text.stderr, html.returncode, html.stderr) == (0, "", 0, "")
    subject, empty, body = text.stdout.split("\n", 2)
    assert empty == "" and "ticket 2611230040001" in subject and "request 019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77" in subject
    if reader == "approver":
        assert subject.startswith(f"Subject: {SUBJECTS[kind]}: ")
    for said in (body, html.stdout):
        assert "Get logs from every pod in openshift-ingress" in said and "/requests/019ab1f0" in said
        assert ("You are informed, you cannot approve." in said) == (reader == "alternate")
        assert ("Approve or deny in the portal" in said) == (reader == "approver" and kind in ("approval_needed", "reminder"))
    assert html.stdout.startswith("<!DOCTYPE html>\n") and html.stdout.endswith("</html>\n")


@pytest.mark.parametrize("kind, subject", [("security_change", "Protection given up"), ("approvers_missing", "Too few approvers")])
def test_preview_of_a_tenants(bare, kind, subject):
    text, html = (bare("notification", "preview", kind, *more) for more in ([], ["--html"]))
    assert (text.returncode, text.stderr, html.returncode, html.stderr) == (0, "", 0, "")
    assert text.stdout.startswith(f"Subject: {subject}: ")
    for said in (text.stdout, html.stdout):
        assert "5f3e1c7a-90b4-4f0e-8a51-6d2f4b9c3e10" in said and "Gwen Adams" in said and "administrator of the tenant" in said


@pytest.mark.parametrize("state, words", [
    ("approved", "approved the request"), ("denied", "Not before the weekend."), ("expired", "Nobody decided in time"),
    ("cancelled", "ended before a decision"), ("completed", "when its time was up"), ("revoked", "revoked the access"),
    ("refused", "(item 2)"), ("not_required", "no approval was asked")])
def test_preview_of_each_outcome(bare, state, words):
    done = bare("notification", "preview", "outcome", "--state", state)
    assert done.returncode == 0 and words in done.stdout


@pytest.mark.parametrize("arguments, words", [
    (["preview"], "missing: KIND"),
    (["preview", "approval"], "no such kind of mail: approval"),
    (["preview", "outcome", "--reader", "boss"], "--reader takes approver, alternate or engineer, not boss"),
    (["preview", "outcome", "--state", "emergency"], "no mail of kind outcome tells of a request in state emergency")])
def test_wrong_usage(bare, arguments, words):
    done = bare("notification", *arguments)
    assert (done.returncode, done.stdout) == (2, "") and words in done.stderr


def test_the_templates_built_in_fit(bare):
    assert bare("templates", "check").returncode == 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "README.md").write_text("{{nothing}} of ours\n")
    (tmp_path / "opened.txt").write_text("{{engineer_name}} opened {{cluster}} until {{access_until}} "
                                         "{{incident_id}} {{authorized_by}}\n")
    return tmp_path


def test_templates_of_a_folder(bare, folder):
    done = bare("templates", "check", folder)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("1 of the templates")
    shown = bare("notification", "preview", "emergency", LOCKBOX_TEMPLATE_DIR=str(folder))
    assert "Inês Duarte opened aro-prod until 2026-11-23 17:08:38 UTC (1 hour left)" in shown.stdout


@pytest.mark.parametrize("name, text, reasons", [
    ("outcome.html", "<p>\n{{colour}}</p>", ["outcome.html:2: no such value: {{colour}}"]),
    ("outcom.html", "", ["outcom.html:1: no template has this name"]),
    ("head.html", "<html>\n<body>\n<script>", ["head.html:3: an element that a mail may not have"]),
    ("items.html", "", ["approval_needed.html:1: leaves out {{items}} in the mail to an approver",
                        "outcome.html:1: leaves out {{words}} in the mail to an engineer"]),
    ("request.txt", "{{organization}} {{#to_approver}}\n> {{justification}}\n{{/to_approver}}\n",
     ["approval_needed.txt:1: leaves out {{engineer}} in the mail to an approver (customer_notified)",
      "outcome.txt:1: leaves out {{justification}} in the mail to an engineer (refused)"]),
    ("outcome.txt", "Subject: {{ticket_id}} {{request_id}}\n\n{{> answer}}\n{{> items}}\n{{link}}\n{{> request}}\n",
     ["outcome.txt:1: leaves out {{cluster}} in the mail to an engineer"]),
    ("emergency.txt", "Subject: {{ticket_id}}\nEmergency!\n", ["emergency.txt:2: not an empty line below the subject"]),
    ("outcome.txt", "Subject: {{ticket_id}}\n\n{{#is_denied}}\n{{state}}\n",
     ["outcome.txt:5: the section of line 3 is not closed"])])
def test_what_is_wrong_is_named(bare, folder, name, text, reasons):
    (folder / name).write_text(text)
    done = bare("templates", "check", LOCKBOX_TEMPLATE_DIR=str(folder))
    assert (done.returncode, done.stdout) == (1, "")
    for reason in reasons:
        assert reason in done.stderr
    assert len(done.stderr.splitlines()) == len(set(done.stderr.splitlines()))
    shown = bare("notification", "preview", "outcome", LOCKBOX_TEMPLATE_DIR=str(folder))
    assert (shown.returncode, shown.stdout, shown.stderr) == (1, "", done.stderr)


def test_a_folder_that_is_not_there(bare):
    done = bare("templates", "check", "/nowhere")
    assert done.returncode == 2 and "/nowhere: No such file or directory" in done.stderr


def test_every_value_on_the_page_is_one(bare, tmp_path):
    table = (PAGES / "mail.md").read_text().split("| values | names |")[1].split("\n\n")[0]
    values = re.findall(r"`([a-z_]+)`", table)
    assert len(values) == len(set(values)) > 40
    of_items = {"number", "words", "left_out", "changes"}
    sections = "".join(f"{{{{#{name}}}}}{{{{/{name}}}}}" for name in values if name not in {*of_items, "subscription", "request", "request_link"})
    inner = "".join(f"{{{{#{name}}}}}{{{{/{name}}}}}" for name in sorted(of_items))
    sections += "{{#subscriptions}}{{subscription}}{{/subscriptions}}{{#requests}}{{request}}{{request_link}}{{/requests}}"
    (tmp_path / "items.txt").write_text(sections + "{{#items}}{{words}}" + inner + "\n| {{changes}}\n{{/items}}\n")
    done = bare("templates", "check", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
