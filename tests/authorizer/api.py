"""What an API server asks the authorizer, as recorded (record.py)."""
import copy
import http.client
import json
import ssl
import uuid
from pathlib import Path

from support.scenario import new_engineer

NAMESPACE = "openshift-ingress"
RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


def item(action: str, kind: str | None = None, name: str | None = None, namespace: str | None = NAMESPACE) -> dict:
    parts = {"action": action, "namespace": namespace, "kind": kind, "name": name}
    return {member: it for member, it in parts.items() if it is not None}


def post(authorizer, path: str, body: bytes, context: ssl.SSLContext | None = None, method: str = "POST") -> tuple[int, dict]:
    connection = http.client.HTTPSConnection("127.0.0.1", authorizer.port, context=context or authorizer.apiserver, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else {}
    finally:
        connection.close()


def reviews(command: str, page: str, engineer: str) -> list[dict]:
    """As recorded, by another engineer, whose requests have audit ids of their own."""
    found = copy.deepcopy([it["review"] for it in RECORDED["reviews"][command] if it["page"] == page])
    for review in found:
        for event in review.get("items", []):
            event["user"]["username"] = f"lockbox:{engineer}"
            event["auditID"] = str(uuid.uuid5(uuid.NAMESPACE_OID, engineer + event["auditID"]))
        if "spec" in review:
            review["spec"]["user"] = f"lockbox:{engineer}"
        if "request" in review:
            review["request"]["userInfo"]["username"] = f"lockbox:{engineer}"
    return found


def authorize(authorizer, command: str, engineer: str, at: int = -1, cluster: str = "one") -> dict:
    status, answer = post(authorizer, f"/clusters/{cluster}/authorize", json.dumps(reviews(command, "authorize", engineer)[at]).encode())
    assert status == 200 and answer["apiVersion"] == "authorization.k8s.io/v1"
    return answer["status"]


def admit(authorizer, command: str, engineer: str, cluster: str = "one") -> dict:
    [review] = reviews(command, "admit", engineer)
    status, answer = post(authorizer, f"/clusters/{cluster}/admit", json.dumps(review).encode())
    assert status == 200 and answer["response"]["uid"] == review["request"]["uid"]
    return answer["response"]


def granted(authorizer, customer, *items: dict):
    """A new engineer, with a live grant of these."""
    ticket = customer.ticket(engineer=new_engineer())
    request = ticket.request(resource_id=authorizer.resource_id, actions=list(items))
    request.approve()
    return ticket.engineer.id, request


def uid_of(command: str) -> str:
    return reviews(command, "admit", "x")[0]["request"]["oldObject"]["metadata"]["uid"]
