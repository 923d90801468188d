"""./dev demo [--keep] [--portal | --cluster]: walks one ticket from opened to ended grant in front of the reader.

Everything is what it seems: the events are written by the CloudEvents SDK, the mail lay in the receiver's Maildir, the
answers come from PostgreSQL. Exit 0 only if every step was seen to happen.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from support.events import event_in, outgoing  # noqa: E402
from support.system import System  # noqa: E402
from support.portal import Portal  # noqa: E402
from support.propose import Propose  # noqa: E402
from support.stack import Stack  # noqa: E402
from support.waiting import wait_until  # noqa: E402

GRANT = "PT8S"
SETTINGS = {"LOCKBOX_GRANT_TTL": GRANT}
CLUSTER_SETTINGS = {"LOCKBOX_GRANT_TTL": "PT20S"}  # several commands of kubectl under one grant
WIDTH = min(100, shutil.get_terminal_size((100, 24)).columns)
SECONDS = 30
PORTAL_SECONDS = 600  # for the reader, to open it and click

GWEN = {"id": "gwen", "email": "gwen.adams@contoso.example", "name": "Gwen Adams"}
LENA = {"id": "lena", "email": "lena.fischer@contoso.example", "name": "Lena Fischer"}
INES = {"id": "ines", "email": "ines.duarte@microsoft.example", "name": "Inês Duarte", "organization": "microsoft"}
LOGS = {"action": "get_pod_logs", "namespace": "openshift-ingress"}
SETTINGS_OF_ROUTERS = {"action": "list_or_get_objects", "namespace": "openshift-ingress", "kind": "ConfigMap"}
DELETE = {"action": "delete_object", "namespace": "openshift-ingress", "kind": "Pod", "name": "router-default-x2kqp"}
EXEC = {"action": "exec_into_pod", "namespace": "openshift-ingress", "name": "router-default-x2kqp"}


class Unexpected(Exception):
    """A step did not happen as it should; the message says what was seen."""


# ---- on the screen ----


def paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else text


def say(text: str) -> None:
    print(textwrap.fill(text, WIDTH, initial_indent="   ", subsequent_indent="   "), flush=True)


def show(arrow: str, what: str, details: str, colour: str) -> None:
    line = textwrap.shorten(details, max(20, WIDTH - 34), placeholder=" …")
    print(f"   {paint(colour, arrow)} {what:<28} {paint('2', line)}".rstrip(), flush=True)


def quote(text: str) -> None:
    for line in text.strip().splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        for part in textwrap.wrap(line, WIDTH - 5, subsequent_indent=indent, replace_whitespace=False,
                                  break_long_words=False, break_on_hyphens=False) or [""]:
            print(f"   {paint('2', '│')} {part}".rstrip())
    sys.stdout.flush()


def readable(event: bytes) -> str:
    """The same JSON, with each innermost object on a line of its own."""
    text = json.dumps(json.loads(event), indent=2, ensure_ascii=False)
    return re.sub(r"\{[^{}\[\]]*\}", lambda inner: " ".join(inner[0].split()), text)


def clock(moment: str | datetime) -> str:
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{moment.astimezone(timezone.utc):%H:%M:%S} UTC"


# ---- the walk ----


class Walk:
    """The system, and what the steps hand on to each other."""

    def __init__(self, stack: Stack, in_portal: bool, cluster: dict | None = None):
        self.stack, self.system, self.in_portal = stack, System(stack), in_portal
        self.portal: Portal | None = None
        self.tenant_id = f"contoso-{uuid.uuid4().hex[:6]}"
        self.subscription = str(uuid.uuid4())
        self.ticket_id = f"{time.time_ns() % 10 ** 16:016}"
        self.resource = (f"/subscriptions/{self.subscription}/resourceGroups/rg-prod/providers/"
                         "Microsoft.RedHatOpenShift/openShiftClusters/aro-prod")
        self.cluster = cluster
        if cluster:
            self.resource = cluster["resource_id"]
            self.subscription = self.resource.split("/")[2]
        self.request: dict = {}
        self.granted = LOGS
        self.proposed: dict = {}

    def close(self) -> None:
        self.system.close()
        if self.portal:
            self.portal.close()

    def send(self, short_type: str, data: dict, details: str = "", whole: bool = False) -> str:
        """Publishes an event and shows it; returns its id."""
        event = event_in(short_type, data)
        record = outgoing(event)
        self.system.publisher.send(record)
        show("→", short_type, details, "36")
        if whole:
            headers = ", ".join(f"{name}: {value.decode()}" for name, value in record.headers)
            quote(f"{record.topic}, key {record.key}\n{headers}\n{readable(record.value)}")
        return event.get_id()

    def tenant(self, change: str, details: str, **data) -> str:
        return self.send(f"tenant.{change}", {"tenant_id": self.tenant_id, **data}, details)

    def ask(self, *items: dict, justification: str, whole: bool = False) -> dict:
        """Asks for access; the request as the answer has it."""
        wish = {"ticket_id": self.ticket_id, "engineer_id": INES["id"], "resource_id": self.resource,
                "actions": list(items), "justification": justification}
        asked = self.send("access.requested", wish, ", ".join(item["action"] for item in items), whole)
        answer = self.system.caused_by(asked, "request.", SECONDS)
        self.request = answer.request
        return answer.request

    def decide(self, decision: str, comment: str) -> None:
        decided = self.send("decision.submitted", {"request_id": self.request["request_id"], "decision": decision,
                                                   "by": LENA, "comment": comment}, f"{decision}: “{comment}”")
        verdict = self.system.caused_by(decided, "decision.judged", SECONDS).data["verdict"]
        show("←", "decision.judged", f"verdict {verdict}", "33")
        expect(verdict == "applied", f"the decision was judged {verdict}")

    def approve_in_the_portal(self) -> None:
        """Starts the portal, with an OpenID provider for development, and waits until the approver has decided there."""
        self.portal = Portal(self.system.bootstrap, self.stack.env["PATH"], self.stack.directory)
        say(f"You are {LENA['name']}: open the portal in a browser within {PORTAL_SECONDS // 60} minutes, log in as")
        say(f"   id {LENA['id']}, e-mail {LENA['email']}, name {LENA['name']}")
        say("(the provider is for development: whoever you say you are, you are), and approve.")
        print(f"   {paint('1;36', self.portal.url)}/requests/{self.request['request_id']}", flush=True)
        decided = self.system.events.wait_for(lambda it: it.kind in ("request.approved", "request.denied")
                                            and it.event["subject"] == self.request["request_id"], "a decision", PORTAL_SECONDS)
        expect(decided.kind == "request.approved", "the request was denied in the portal")
        show("→", "decision.submitted", "approve, by the portal", "36")

    def event(self, kind: str, seconds: float = SECONDS) -> dict:
        request_id = self.request["request_id"]
        record = self.system.events.wait_for(lambda it: it.kind == f"request.{kind}" and it.event["subject"] == request_id,
                                           f"request.{kind}", seconds)
        return record.request

    def check(self, item: dict, expected: bool, what: str) -> None:
        """Asks access_check as an enforcement point, and shows its answer."""
        answer = self.system.access_check(INES["id"], self.resource, item)
        word = paint("1;32", "yes") if answer.allowed else paint("1;31", "no")
        until = f", until {clock(answer.expires_at)}" if answer.allowed else ""
        print(f"   {paint('35', '?')} access_check: {word} {paint('2', f'({answer.reason}{until}) {what}')}", flush=True)
        expect(answer.allowed == expected, f"access_check said {'yes' if answer.allowed else 'no'} {what}")


def expect(condition: bool, seen: str) -> None:
    if not condition:
        raise Unexpected(seen)


def set_up(walk: Walk) -> None:
    """A customer turns Lockbox on

    The customer's portal publishes who is who to lockbox.tenants.v1. Only a Global Administrator may enable Lockbox."""
    subscription = {"subscription_id": walk.subscription}
    walk.tenant("subscription_added", walk.subscription, name="Production", **subscription)
    walk.tenant("role_assigned", f"{GWEN['name']}: global_administrator", principal=GWEN, role="global_administrator")
    walk.tenant("role_assigned", f"{LENA['name']}: owner of the subscription, so she may approve", principal=LENA,
                role="owner", **subscription)
    enabled = walk.tenant("lockbox_enabled", f"by {GWEN['name']}", by=GWEN, **subscription)
    answer = walk.system.caused_by(enabled, "tenant.", SECONDS)
    show("←", answer.kind, answer.data.get("reason") or answer.data["change"], "33")
    expect(answer.kind == "tenant.changed", "enabling Lockbox was refused")


def ask(walk: Walk) -> None:
    """A ticket comes in, and its engineer asks for access

    Tickets come from the ticketing system. What the engineer wants is one CloudEvent, here whole, as the SDK sent it.
    Nothing may happen until the customer says yes."""
    walk.send("ticket.opened", {"ticket_id": walk.ticket_id, "subscription_id": walk.subscription,
                                "title": "Ingress routers restart"}, f"{walk.ticket_id}: Ingress routers restart")
    walk.send("ticket.assigned", {"ticket_id": walk.ticket_id, "engineer": INES}, f"to {INES['name']} of microsoft")
    request = walk.ask(LOGS, DELETE, justification="Half of the routes answer 503. The routers' logs say why; one is stuck.",
                       whole=True)
    show("←", f"request.{'created' if request['state'] == 'customer_notified' else request['state']}",
         f"state {request['state']}", "33")
    expect(request["state"] == "customer_notified", f"the request is {request['state']}")
    walk.check(LOGS, False, "before anybody approved")


def read_mail(walk: Walk) -> None:
    """The approver reads her mail

    The text part of the message, from the Maildir of the SMTP receiver."""
    [mail] = walk.system.mailbox.wait_for(walk.request["request_id"], {LENA["email"]}, seconds=SECONDS)
    quote(f"To: {mail.message['To']}\nSubject: {mail.subject}\n\n{mail.text}")
    for change in walk.proposed.get("content", {}).get("changes", []):
        expect(all(json.dumps(change[it]) in mail.text for it in ("before", "after")), "the mail does not show the change")


def approve(walk: Walk) -> None:
    """She says yes, and the grant opens

    Named actions, on the named cluster, by the named engineer, for eight hours. In this demo 8 seconds stand in for the
    8 hours (LOCKBOX_GRANT_TTL=PT8S)."""
    if walk.in_portal:
        walk.approve_in_the_portal()
    else:
        walk.decide("approve", "Go ahead.")
    request = walk.event("approved")
    walk.granted = next(item for item in request["actions"] if item["kept"])
    show("←", "request.approved", f"from {clock(request['starts_at'])} until {clock(request['expires_at'])}", "33")
    walk.check(walk.granted, True, "for the logs" if walk.granted["action"] == LOGS["action"] else "for what was kept")
    walk.check(SETTINGS_OF_ROUTERS, False, "for the settings, which nobody asked for")


def end(walk: Walk) -> None:
    """The grant ends by itself

    access_check compares the clock with expires_at: nobody needs to be awake for this. The event follows."""
    ends = datetime.fromisoformat(walk.event("approved")["expires_at"])

    def closed() -> bool:
        now = walk.system.enforcer.value("SELECT clock_timestamp()")
        if sys.stdout.isatty():
            print(f"\r     {max(0.0, (ends - now).total_seconds()):.0f} s left ", end="\r", flush=True)
        allowed = walk.system.access_check(INES["id"], walk.resource, walk.granted).allowed
        expect(allowed or walk.system.enforcer.value("SELECT clock_timestamp()") >= ends, "access ended before its time")
        return not allowed

    wait_until(closed, "access_check says no again", SECONDS, every=0.1)
    walk.check(walk.granted, False, f"after {clock(ends)}")
    completed = walk.event("completed")
    show("←", "request.completed", f"ended {clock(completed['ended_at'])}", "33")
    walk.system.mailbox.wait_for(walk.request["request_id"], {INES["email"], LENA["email"]}, "Completed", SECONDS)
    say(f"Both {INES['name']} and {LENA['name']} have mail about it.")


def deny(walk: Walk) -> None:
    """A second request is denied

    The engineer asks for more; the customer says no."""
    walk.ask(SETTINGS_OF_ROUTERS, justification="The routers' settings may be stale.")
    walk.decide("deny", "Not all of them. Say which setting you need.")
    request = walk.event("denied")
    show("←", "request.denied", f"by {request['decisions'][-1]['by']['name']}", "33")
    walk.check(SETTINGS_OF_ROUTERS, False, "for the settings")


def refuse(walk: Walk) -> None:
    """A third is refused, and nobody is even asked

    Five actions exist: create, update, delete, list or get objects, get pod logs. A shell in a pod is none of them."""
    request = walk.ask(EXEC, justification="A shell in the router would be quicker.")
    show("←", f"request.{request['state']}", f"{request.get('reason')}, item {request.get('reason_item')}", "33")
    expect((request["state"], request.get("reason")) == ("refused", "action_not_permitted"), "the request was not refused")
    walk.check(EXEC, False, "for the shell")


def audit(walk: Walk) -> None:
    """What the auditor sees

    Every record of every Kafka topic is in the audit database once, raw. The view audit.activity_log tells it under the
    names of Azure's activity log."""
    query = ("SELECT event_timestamp, operation_name, status, sub_status, caller FROM audit.activity_log"
             " WHERE tenant_id = %s ORDER BY event_timestamp, event_data_id")
    operations = ["Create Lockbox Request", "Approve Lockbox Request", "Lockbox Access Expiry",
                  "Create Lockbox Request", "Deny Lockbox Request", "Create Lockbox Request"]

    def complete():
        rows = walk.system.auditor.rows(query, walk.tenant_id)
        return rows if len(of_requests(rows)) >= len(operations) else None

    def of_requests(rows) -> list[str]:
        return [row.operation_name for row in rows if row.operation_name in operations]

    rows = wait_until(complete, "the activity log has all six operations", SECONDS)
    for row in rows:
        print(f"   {clock(row.event_timestamp)}  {row.operation_name:<24} {row.status:<10} {row.caller:<8} "
              f"{row.sub_status or ''}".rstrip())
    expect(of_requests(rows) == operations, "the activity log tells another story")
    missing = wait_until(lambda: walk.system.auditor.rows("SELECT sum(rows) AS rows, sum(missing) AS missing"
                                                        " FROM audit.completeness"), "the log's completeness", SECONDS)[0]
    say(f"{missing.rows} records of all topics, {missing.missing} missing between the first and the last of each.")
    expect(missing.missing == 0, "the audit store has holes")


# ---- the walk with kubectl ----

ROUTERS = """\
{"apiVersion": "v1", "kind": "List", "items": [
 {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "openshift-ingress"}},
 {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "openshift-ingress"}},
 {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "router-default-x2kqp", "namespace": "openshift-ingress"},
  "spec": {"containers": [{"name": "router", "image": "router.example/router"}]}},
 {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "routers", "namespace": "openshift-ingress"},
  "data": {"balance": "leastconn", "timeout": "30s"}}]}
"""
ROUTERS_SETTINGS = {"namespace": "openshift-ingress", "kind": "ConfigMap", "name": "routers"}
PODS = {"action": "list_or_get_objects", "namespace": "openshift-ingress", "kind": "Pod"}
COMMAND = ["get", "pods", "-n", "openshift-ingress", "-o", "name"]


def kubectl(walk: Walk, who: str, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess:
    command = [walk.stack.kubernetes / "kubectl", "--kubeconfig", walk.stack.env[f"LOCKBOX_KUBECONFIG_{who}"], *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=SECONDS)


def try_kubectl(walk: Walk, expected: bool, *command: str, code: str = "no_grant") -> None:
    """The engineer's command, and what the API server says."""
    done = kubectl(walk, "ENGINEER", *(command or COMMAND))
    print(f"   {paint('35', '$')} kubectl {shlex.join(command or COMMAND)}", flush=True)
    quote(done.stdout or done.stderr.splitlines()[-1])
    allowed = done.returncode == 0
    expect(allowed == expected, f"kubectl was {'answered' if allowed else 'refused'}")
    expect(allowed or f"lockbox: {code}" in done.stderr, "it was not Lockbox that refused, or for another reason")


def kubectl_before(walk: Walk) -> None:
    """The engineer tries, and the API server refuses

    A Kubernetes API server asks Lockbox's authorizer before each request of an engineer."""
    done = kubectl(walk, "ADMIN", "apply", "-f", "-", text=ROUTERS)
    expect(done.returncode == 0, f"the cluster's administrator was refused: {done.stderr}")
    try_kubectl(walk, False)


def kubectl_asks(walk: Walk) -> None:
    """They ask on their ticket

    Two items: to list the pods of a namespace, and to read one object."""
    walk.send("ticket.opened", {"ticket_id": walk.ticket_id, "subscription_id": walk.subscription,
                                "title": "Ingress routers restart"}, f"{walk.ticket_id}: Ingress routers restart")
    walk.send("ticket.assigned", {"ticket_id": walk.ticket_id, "engineer": INES}, f"to {INES['name']} of microsoft")
    request = walk.ask(PODS, {"action": "list_or_get_objects", **ROUTERS_SETTINGS}, justification="Half of the routes answer 503.")
    show("←", "request.created", f"state {request['state']}", "33")
    try_kubectl(walk, False)


def kubectl_after(walk: Walk) -> None:
    """The customer says yes, and the same command answers

    In this demo 20 seconds stand in for the 8 hours of a grant."""
    walk.decide("approve", "Go ahead.")
    request = walk.event("approved")
    show("←", "request.approved", f"until {clock(request['expires_at'])}", "33")
    try_kubectl(walk, True)


def kubectl_proposes(walk: Walk) -> None:
    """They propose a change

    What a change would make of the object, the API server tells by a dry run. Only who may read the object is shown it."""
    patch = ("--type", "merge", "--patch", settings_of("60s"))
    name = [word for option in ("namespace", "kind", "name") for word in (f"--{option}", ROUTERS_SETTINGS[option])]
    done = Propose(walk.stack.env, walk.cluster["id"])(INES["id"], *name, *patch)
    print(f"   {paint('35', '$')} lockboxctl cluster propose {walk.cluster['id']} --engineer {INES['id']} {shlex.join([*name, *patch])}", flush=True)
    expect(done.returncode == 0, f"it could not be proposed: {done.stderr}")
    quote(readable(done.stdout.encode()))
    walk.proposed = json.loads(done.stdout)


def settings_of(timeout: str) -> str:
    return json.dumps({"data": {"timeout": timeout}})


def kubectl_ends(walk: Walk) -> None:
    """Time is up, and it is refused

    Nothing is cached: the answer before counts for nothing."""
    completed = walk.event("completed")
    show("←", "request.completed", f"ended {clock(completed['ended_at'])}", "33")
    try_kubectl(walk, False)


def content_asks(walk: Walk) -> None:
    """They ask for that change, and for nothing else

    The approver reads the change itself in their mail: what is read is what is agreed to."""
    walk.ask(walk.proposed, justification="Slow routes are cut off after 30 seconds.")
    read_mail(walk)


def content_runs(walk: Walk) -> None:
    """The customer says yes, and that change is made

    By whatever command: what counts is what becomes of the object. One value more than was read is refused."""
    walk.decide("approve", "Yes, 60 seconds.")
    walk.event("approved")
    change = ("patch", "configmap", ROUTERS_SETTINGS["name"], "-n", ROUTERS_SETTINGS["namespace"], "-p")
    try_kubectl(walk, False, *change, settings_of("90s"), code="content_changed")
    try_kubectl(walk, True, *change, settings_of("60s"))
    try_kubectl(walk, False, *change, settings_of("600s"), code="content_changed")


CLUSTER_STEPS = [set_up, kubectl_before, kubectl_asks, kubectl_after, kubectl_proposes, kubectl_ends, content_asks, content_runs]
STEPS = [set_up, ask, read_mail, approve, end, deny, refuse, audit]


def walk_all(stack: Stack, in_portal: bool, with_cluster: bool) -> None:
    walk = Walk(stack, in_portal, stack.cluster if with_cluster else None)
    try:
        for number, step in enumerate(CLUSTER_STEPS if with_cluster else STEPS, 1):
            title, _, why = step.__doc__.partition("\n\n")
            print(f"\n{paint('1', f'{number}  {title}')}")
            say(" ".join(why.split()))
            step(walk)
    except (TimeoutError, Unexpected, ValueError, AssertionError) as error:
        raise Unexpected(f"step {number} ({title}) was not seen to happen: {error}") from error
    finally:
        walk.close()


def run(stack: Stack, in_portal: bool, with_cluster: bool) -> None:
    started_at = time.monotonic()
    print(f"{paint('1', 'Lockbox')}: one ticket, from opened to ended grant, through real Kafka, PostgreSQL and SMTP.\n")
    say("Starting all of it on loopback: Kafka, PostgreSQL, an SMTP receiver and the six workers …")
    try:
        stack.up(options=("--cluster",) if with_cluster else ())
    except RuntimeError as error:
        raise Unexpected(f"the stack did not start: {error}") from error
    say(f"Ready after {time.monotonic() - started_at:.0f} s. Below, → is what the ticketing system and the portal publish,"
        f" ← is what Lockbox publishes, ? is what an enforcement point asks.")
    walk_all(stack, in_portal, with_cluster)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev demo", description="Walks one ticket from opened to ended grant.")
    parser.add_argument("--keep", action="store_true", help="leave the stack running")
    parser.add_argument("--portal", action="store_true", help="let the reader approve, in a browser")
    parser.add_argument("--cluster", action="store_true", help="with kubectl, against a Kubernetes API server")
    options = parser.parse_args()
    keep = options.keep
    directory = Path(os.environ["LOCKBOX_DEV_DIR"] if keep else tempfile.mkdtemp(prefix="lockbox-demo-"))
    stack = Stack(directory, **(CLUSTER_SETTINGS if options.cluster else SETTINGS))
    succeeded = False
    try:
        run(stack, options.portal, options.cluster)
        succeeded = True
        print(f"\n{paint('1;32', 'Every step was seen to happen.')}")
    except Unexpected as error:
        print(f"\n{paint('1;31', 'Failed')}: {error}\nThe logs are in {directory / 'log'}.", flush=True)
    except KeyboardInterrupt:
        print("\ninterrupted", flush=True)
    finally:
        if not keep and succeeded:
            stack.wipe()
        elif not keep:
            stack.down()
    if keep:
        print("The stack is still running, with grants of 8 seconds. Go on with:\n"
              '    eval "$(./dev env)"      # its addresses, and lockboxctl in your PATH\n'
              "    ./dev status             # who runs\n"
              "    ./dev up                 # the same stack with grants of 8 hours\n"
              "    ./dev down               # stop it")
    return 0 if succeeded else 1


sys.exit(main())
