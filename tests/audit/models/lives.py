"""Lives of every kind, and accesses before, within and after what was granted in them."""
import json
import random
import uuid
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.audit import await_auditor
from support.broker import STRUCTURED
from support.events import Outgoing, event_in, outgoing, place_of
from support.system import System
from support.scenario import LOGS, Person, Request, Tenant, new_engineer
from support.traffic import Traffic, await_quiet

HOUR = timedelta(hours=1)
ITEMS = [
    LOGS,
    {"action": "get_pod_logs", "namespace": "openshift-dns", "name": "dns-default-1"},
    {"action": "list_or_get_objects", "kind": "Node"},
    {"action": "update_object", "namespace": "openshift-ingress", "kind": "Deployment.apps", "name": "router"},
    {"action": "create_object", "kind": "ConfigMap", "namespace": "openshift-config"},
    {"action": "delete_object", "kind": "Node", "name": "worker-1"},
]


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Lives:
    def __init__(self, system: System, seed: int):
        self.system, self.random, self.seed = system, random.Random(seed), seed
        self.requests = []
        self.tenants: list[Tenant] = []

    # ---- what happens ----

    def live(self) -> None:
        traffic = Traffic(self.system, 14, self.seed).finish()
        self.requests += [life.request for life in traffic]
        self.tenants += list({life.request.tenant.id: life.request.tenant for life in traffic}.values())
        for scene in (self.two_approvals, self.emergency, self.not_required, self.in_part, self.later, self.change_hands,
                      self.strangers, self.mails, self.rejected):
            scene()
        self.report(120)
        await_quiet(self.system)
        await_auditor(self.system)

    def two_approvals(self) -> None:
        tenant = Tenant(self.system, owners=2)
        tenant.change("policy_set", by=tenant.admin.principal, approvals_needed=2)
        request = tenant.request(actions=ITEMS[:3])
        assert request.decide("approve", by=tenant.all_owners[0], actions=[1, 3]) == "recorded"
        assert request.decide("approve", by=tenant.all_owners[1]) == "applied"
        self.keep(tenant, request)

    def emergency(self) -> None:
        tenant = Tenant(self.system)
        for acknowledged in (True, False):
            ticket = tenant.ticket()
            boss = Person.new("bo", "microsoft.example")
            asked = ticket.publish("access.emergency_declared", **ticket.wish(), authorized_by=boss.principal, incident_id="INC-1")
            first = self.system.caused_by(asked, "request.emergency_started")
            request = Request(ticket, ticket.wish(), first)
            if acknowledged:
                assert request.decide("revoke") == "applied"
                assert request.decide("acknowledge") == "applied"
            else:
                request.event("unacknowledged")
            self.keep(tenant, request)

    def not_required(self) -> None:
        tenant = Tenant(self.system, lockbox=False)
        self.keep(tenant, tenant.request(actions=ITEMS[2:4]))

    def in_part(self) -> None:
        tenant = Tenant(self.system)
        request = tenant.request(actions=ITEMS)
        request.approve(actions=[1, 2, 4, 5], comment="Not the nodes.", duration="PT2H")
        self.keep(tenant, request)

    def later(self) -> None:
        """Windows that begin in an hour: one granted, one revoked before it begins."""
        tenant = Tenant(self.system)
        for revoked in (False, True):
            request = tenant.request(starts_at=at(datetime.now(timezone.utc) + HOUR), duration="PT1H")
            request.approve()
            if revoked:
                assert request.decide("revoke") == "applied"
            self.keep(tenant, request)

    def change_hands(self) -> None:
        """A subscription goes from one tenant to another; accesses before and after belong to whoever had it."""
        first, second = Tenant(self.system), Tenant(self.system)
        self.keep(first, first.request())
        assert first.change("subscription_removed", by=first.admin.principal).kind == "tenant.changed"
        assert self.system.lockbox.value("SELECT lockbox.subscription_release(%s, 'ops', 'sold')", first.subscription) == first.id
        second.publish("subscription_added", subscription_id=first.subscription)
        moved = self.system.events.wait_for(
            lambda it: it.kind == "tenant.changed" and it.data["tenant_id"] == second.id
            and it.data.get("subscription_id") == first.subscription, "the subscription has moved")
        self.keep(second)
        for minutes in (-1, 1):
            when = datetime.fromisoformat(moved.data["at"]) + timedelta(minutes=minutes)
            self.access("eve", first.resource, LOGS, when)

    def strangers(self) -> None:
        """What is refused, and is recorded all the same."""
        tenant = Tenant(self.system)
        refused = tenant.change("lockbox_disabled", by=tenant.owner.principal)
        assert refused.kind == "tenant.change_refused"
        request = tenant.request()
        assert request.decide("approve", by=request.ticket.engineer) == "self_approval"
        nobody = self.system.publish("decision.submitted", {"request_id": "no-such-request", "decision": "deny",
                                                          "by": tenant.owner.principal})
        assert self.system.caused_by(nobody).data["verdict"] == "unknown_request"
        self.system.publisher.send(Outgoing("lockbox.decisions.v1", request.id, outgoing(event_in("decision.submitted", {
            "request_id": request.id, "decision": "deny"})).value, (("content-type", STRUCTURED),)))  # without a voter: never judged
        assert tenant.set_key(tenant.owner, Ed25519PrivateKey.generate()).kind == "tenant.changed"
        request.ticket.escalate(new_engineer())
        self.keep(tenant, request)

    def mails(self) -> None:
        """One that failed and was sent after all, told in the wrong order, and one that failed."""
        tenant = self.tenants[0]
        mail = {"notification_id": str(uuid.uuid4()), "request_id": self.requests[0].id, "tenant_id": tenant.id, "version": 1,
                "kind": "outcome", "recipient": "desk@contoso.example", "message_id": "<1@lockbox.example>", "attempts": 9}
        lost = {**mail, "notification_id": str(uuid.uuid4())}
        for data, kind, minute in ((mail, "sent", 2), (mail, "failed", 1), (lost, "failed", 3)):
            self.publish(f"notification.{kind}", self.requests[0].id,
                         {**data, "at": f"2026-11-24T10:0{minute}:00.000000Z", "smtp_reply": f"250 {kind}"})

    def rejected(self) -> None:
        """What an operator did with two records that were rejected."""
        by = Person.new("jonas", "lockbox.example")
        for number, kind in enumerate(("replayed", "discarded")):
            self.publish(f"quarantine.{kind}", str(number + 1), {
                "quarantine_id": number + 1, "consumer": "lockbox.requester", "topic": "lockbox.tickets.v1", "partition": 3,
                "offset": number, "rejected_for": "/data/title: longer than 256 bytes", "by": by.principal, "login": "jonas",
                "at": "2026-11-24T10:30:00.000000Z", "reason": "they were sent again",
                **({"replayed_partition": 3, "replayed_offset": 9} if kind == "replayed" else {})})

    # ---- how ----

    def keep(self, tenant: Tenant, *requests) -> None:
        self.tenants.append(tenant)
        self.requests += requests

    def publish(self, kind: str, subject: str, data: dict) -> None:
        """As the relay would."""
        event = event_in("ticket.opened", {"ticket_id": "x"})  # for its id
        value = {"specversion": "1.0", "id": event.get_id(), "source": "/lockbox/notifier", "type": f"lockbox.{kind}.v1",
                 "subject": subject, "time": data["at"], "datacontenttype": "application/json", "data": data}
        self.system.publisher.send(Outgoing("lockbox.events.v1", subject, json.dumps(value).encode(), (("content-type", STRUCTURED),)))

    def access(self, engineer: str, resource: str, item: dict, when: datetime, outcome: str = "allowed", mode="structured",
               times: int = 1, **more) -> str:
        data = {"engineer_id": engineer, "resource_id": resource, **item, "performed_at": at(when), "outcome": outcome, **more}
        event = event_in("access.performed", {name: value for name, value in data.items() if value is not None})
        self.system.publisher.send(*[outgoing(event, mode)] * times)
        return event.get_id()

    def report_cluster(self, request) -> None:
        """As a cluster tells them: begun and then ended, in any order, some that are none of the five, some that nobody
        was asked about."""
        now = request.now
        engineer, resource = now["engineer"]["id"], now["resource_id"]
        item = {name: value for name, value in now["actions"][0].items() if name not in ("number", "kept")}
        when = datetime.fromisoformat(now["starts_at"])
        exec_pod = {"resource": "pods/exec", "verb": "get"}
        for what, outcomes, more in [
                (item, ["begun", "allowed"], {}), (item, ["allowed", "begun"], {}), (item, ["begun", "blocked"], {}),
                (item, ["begun"], {}), (item, ["begun", "allowed", "allowed"], {"bypass": "masters"}),
                (item, ["begun", "allowed"], {"bypass": "in no list of ours"}),
                (exec_pod, ["begun", "blocked"], {}), (exec_pod, ["begun", "allowed"], {}),
                (exec_pod, ["begun", "allowed"], {"bypass": "impersonation"}), ({}, ["allowed"], {})]:
            audit_id = str(uuid.uuid4())
            for outcome in outcomes:
                known = more if outcome != "begun" else {}
                self.access(engineer, resource, what, when, outcome, audit_id=audit_id, reported_by="cluster", code=200, **known)

    def report(self, count: int) -> None:
        """Accesses around every grant there is, mostly fitting, and some records that are none."""
        chance = self.random
        granted = [request for request in self.requests if "expires_at" in request.now]
        for _ in range(count):
            request = chance.choice(granted)
            now = request.now
            begin, end = (datetime.fromisoformat(now[name]) for name in ("starts_at", "expires_at"))
            ended = datetime.fromisoformat(now.get("ended_at", now["expires_at"]))
            when = chance.choice([begin, end, ended, begin - timedelta(microseconds=1), end - timedelta(microseconds=1),
                                  ended - timedelta(microseconds=1), begin + (end - begin) * chance.random(),
                                  begin - HOUR, end + HOUR])
            item = {name: value for name, value in chance.choice(now["actions"]).items() if name not in ("number", "kept")}
            if chance.random() < 0.3:
                item[chance.choice(["name", "namespace", "kind"])] = chance.choice([None, "other", ""])
            resource = now["resource_id"].upper() if chance.random() < 0.1 else now["resource_id"]
            self.access(now["engineer"]["id"], resource, item, when, chance.choice(["allowed"] * 4 + ["blocked"]),
                        chance.choice(["structured", "binary"]), chance.choice([1, 1, 1, 2]),
                        request_id=chance.choice([None, now["request_id"]]))
        self.report_cluster(granted[0])
        topic, _, source = place_of("access.performed")
        event = event_in("access.performed", {"engineer_id": "eve", "resource_id": "r", "action": "a", "outcome": "allowed",
                                              "performed_at": "2026-11-24T10:00:00Z"}, id="again", source=source)
        other = event_in("access.performed", {**event.get_data(), "outcome": "blocked"}, id="again", source=source,
                         time=event.get_time())
        good = outgoing(event)
        self.system.publisher.send(
            good, outgoing(other), good,  # two events under one id, and the first once more
            Outgoing(topic, b"eve", b"{"), Outgoing(topic, None, None), Outgoing(topic, b"mallory", good.value, good.headers),
            Outgoing(topic, b"eve", good.value.replace(b"performed_at", b"performed"), good.headers),
            Outgoing("lockbox.events.v1", b"x", b'{"specversion":"1.0","id":"x","source":"/x","type":"lockbox.thing.happened.v1",'
                     b'"subject":"x","data":{}}', good.headers))
