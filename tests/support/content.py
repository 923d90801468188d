"""Normal form 1, digests and changes of Kubernetes objects, by an implementation of its own."""
import copy
import hashlib

import rfc8785

SERVERS = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink")
JOBS = ("controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name")


def normal(given: dict, created: bool, consented: dict | None = None) -> dict:
    it = copy.deepcopy(given)
    it.pop("status", None)
    for name in SERVERS:
        it["metadata"].pop(name, None)
    spec, model = it.get("spec", {}), (consented or {}).get("spec", {})
    kind = (it["apiVersion"], it["kind"])
    if kind == ("v1", "Pod"):
        mounts = [mount for group in ("containers", "initContainers", "ephemeralContainers") for container in spec.get(group, [])
                  for mount in container.get("volumeMounts", [])]
        for named in [*spec.get("volumes", []), *mounts]:
            if named["name"].startswith("kube-api-access-"):
                named["name"] = "kube-api-access"
    if created and kind == ("v1", "Service"):
        for name in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            if name not in model and spec.get(name) not in ("None", ["None"]):
                spec.pop(name, None)
        for at, port in enumerate(spec.get("ports", [])):
            ports = model.get("ports", [])
            if at >= len(ports) or "nodePort" not in ports[at]:
                port.pop("nodePort", None)
    if created and kind == ("batch/v1", "Job"):
        for holder, member in ((it["metadata"], "labels"), (spec.get("selector", {}), "matchLabels"),
                               (spec.get("template", {}).get("metadata", {}), "labels")):
            if member in holder:
                holder[member] = {name: value for name, value in holder[member].items() if name not in JOBS}
                if not holder[member]:
                    del holder[member]
    return it


def compare(path: str, before, after) -> list[dict]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [change for name in {*before, *after}
                for change in compare(f"{path}/{name.replace('~', '~0').replace('/', '~1')}", before.get(name, ...), after.get(name, ...))]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [change for at, pair in enumerate(zip(before, after)) for change in compare(f"{path}/{at}", *pair)]
    if before is not ... and after is not ... and rfc8785.dumps(before) == rfc8785.dumps(after):
        return []
    return [{"path": path, **({} if before is ... else {"before": before}), **({} if after is ... else {"after": after})}]


def second(after: dict, before: dict | None = None, consented: dict | None = None) -> dict:
    new, old = normal(after, before is None, consented), before and normal(before, False)
    changes = sorted(compare("", old, new) if before else [{"path": "", "after": new}], key=lambda it: it["path"].encode())
    return {"digest": hashlib.sha256(rfc8785.dumps(new)).hexdigest(),
            "previous_digest": hashlib.sha256(rfc8785.dumps(old)).hexdigest() if before else "", "changes": changes}


def content_of(after: dict, before: dict | None = None, consented: dict | None = None) -> dict:
    """As an item has it."""
    made = {"normal_form": 1, "api_version": after["apiVersion"], **second(after, before, consented)}
    return {name: it for name, it in made.items() if it != ""}
