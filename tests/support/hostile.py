"""Changes made to deceive whoever reads them, and what was shown of changes read back."""
import json
import re

TURNED = "user\u202e\u2066// check\u2069\u2066"
CHANGES = {
    "bidi": [{"path": "/data/\u202ea~1b", "before": "user", "after": TURNED}],
    "rtl": [{"path": "/data/a", "before": "1", "after": "\u05d0\u05d1, 1, \u0627"}],
    "homoglyph": [{"path": "/spec/containers/0/image", "before": "quay.io/app:1", "after": "qu\u0430y.io/app:1"}],
    "unseen": [{"path": "/metadata/name", "before": "admin", "after": "ad\u200bmin\u00a0\u00ad\U000e0041"}],
    "combining": [{"path": "/data/a", "before": "o", "after": "o\u0338\u0332\ufe0f"}],
    "ansi": [{"path": "/data/\u001b[2J", "before": "\u001b[31mred\u0007", "after": "\u001b]0;owned\u0007\u001b[8mhidden\u009b1m\u007f"}],
    "hex": [{"path": "/data/\u0001face", "before": "\u001bc0", "after": "\u0002" + "beef"}],
    "html": [{"path": "/data/<b>", "before": "</pre><script>alert(1)</script>", "after": "<img src=x onerror=\"alert(1)\">&lt;{{link}}"}],
    "columns": [{"path": "/data/x", "before": "A" * 10000, "after": "A" * 4000 + "B" + "A" * 5999}],
    "spaces": [{"path": "/spec/command/0", "before": "run", "after": "run" + " " * 400 + "; rm -rf /"}],
    "pretends": [{"path": "/data/x", "before": "a", "after": "a\"\n+ 3\n@ /spec/replicas\n- 2\n…+ 5\n! nothing to see\r\n   | @ /x"}],
    "whole": [{"path": "", "after": {"a": [], "b": {}, "c": [1, {"d": None}], "e": 1e21, "f": True, "\u202eg": "\u4f60\u597d"}}],
    "large": [{"path": f"/data/line-{at:03}", "before": "x" * 40, "after": {"n": [at, "y" * 20]}} for at in range(260)],
    "no-list": [{"foo": 1}],
    "more": [{"path": "/a", "after": 1, "and": "more"}],
}
SHOWABLE = [name for name in CHANGES if name not in ("no-list", "more")]
NEVER = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u05d0-\u06ff\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\U000e0000-\U000e0fff]")


def request(changes: list, **more) -> dict:
    """As it stands, with one item that has these changes, after an item without any."""
    content = {"normal_form": 1, "api_version": "v1", "digest": "ab" * 32, "previous_digest": "cd" * 32, "changes": changes}
    item = {"action": "update_object", "namespace": "openshift-ingress", "kind": "ConfigMap", "name": "router", "kept": True}
    return {"request_id": "r-1", "tenant_id": "t-1", "subscription_id": "s-1", "ticket_id": "t-1", "resource_id": "/subscriptions/s-1/x/aro",
            "state": "customer_notified", "version": 1, "justification": "why", "duration": "PT1H", "created_at": "2026-11-23T16:08:38Z",
            "engineer": {"id": "e", "email": "e@microsoft.example", "name": "E", "organization": "microsoft"},
            "actions": [{**item, "number": 1}, {**item, "number": 2, "content": content}], "decide_by": "2026-11-27T16:08:38Z",
            "approvals_needed": 1, "approvers": [], "alternate_emails": [], "decisions": [], **more}


def read_back(lines: list[str]) -> list[dict]:
    """The changes that lines of a diff say: their values put together are JSON."""
    changes, parts = [], []
    for line in lines:
        sign, space, text = line[0], line[1], line[2:]
        assert sign in "@-+!" and space in " …", line
        if sign == "!":
            continue
        if sign == "@" and space == " ":
            changes.append({})
        if space == " " and (not parts or parts[-1][:2] != (len(changes), sign)):
            parts.append((len(changes), sign, []))
        parts[-1][2].append(text)
    for number, sign, texts in parts:
        joined = "".join(texts)
        if sign == "@":
            joined = '""' if joined == "the whole object" else f'"{joined}"'
        changes[number - 1][{"@": "path", "-": "before", "+": "after"}[sign]] = json.loads(joined)
    return changes
