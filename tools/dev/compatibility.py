"""Holds schemas/ against schemas/released/, the contract as it was last released: within .v1, changes only add.

    python3 tools/dev/compatibility.py           one line for each change that would break somebody; exit 1 where there is one
    python3 tools/dev/compatibility.py record    a release: what stands becomes the contract that later changes are held against

Who would break depends on the direction. What others write (events in) must stay accepted: nothing may be asked for that was not, no
limit may become tighter. What Lockbox writes (events out) must stay readable: nothing that was always there may be missing, no text may
become longer than readers made room for. In both, members, types and words stay, and mean what they meant.
"""
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
SUFFIX = ".schema.json"
UPPER = ("maxLength", "maxItems", "maximum", "x-maxBytes")
LOWER = ("minLength", "minItems", "minimum")
SAME = ("type", "const", "pattern", "format", "x-minDuration")
# What was released and unsafe: each is asked for, or left out, all the same, for the reason beside it; a
# finding that begins so.
UNSAFE = {
    "lockbox.tenant.subscription_removed.v1/data/by: is required, and was not":
        "whoever wrote the topic ended a subscription's protection, and nobody knew who",
    "lockbox.tenant.approver_key_set.v1/data/by: is required, and was not":
        "whoever wrote the topic gave a person another key, and nobody knew who",
    **dict.fromkeys([f"lockbox.access.{name}.v1/data/resource_id: pattern was None"
                     for name in ("requested", "emergency_declared", "performed")],
                    "an id that Azure cannot have named no cluster, and looked like one"),
    **dict.fromkeys([f"lockbox.notification.{name}.v1/data/request_id: is not always there, and was" for name in ("sent", "failed")],
                    "a change that gave up a tenant's protection had no mail"),
    **dict.fromkeys(["lockbox.decision.judged.v1/data/by: is not always there, and was",
                     "lockbox.decision.judged.v1/data/decision: is not always there, and was",
                     "lockbox.decision.judged.v1/data/request_id: may be null, and was not"],
                    "a customer's revoke that could not be read had no answer, and the portal took it for done"),
}
WORDS = {"title", "description", "$comment", "$schema", "$id", "examples"}
KNOWN = {*UPPER, *LOWER, *SAME, *WORDS, "enum", "properties", "required", "items", "$ref", "allOf", "anyOf", "not"}


class Unknown(Exception):
    """A schema says something that this program does not compare."""


@dataclass
class Contract:
    """A folder of schemas with the AsyncAPI page over them."""
    files: dict[str, dict]
    page: dict

    @classmethod
    def read(cls, folder: Path) -> "Contract":
        files = {path.name: json.loads(path.read_text()) for path in sorted((folder / "events").glob("*" + SUFFIX))}
        return cls(files, yaml.safe_load((folder / "asyncapi.yaml").read_text()))

    def places(self) -> dict[str, tuple[str, str]]:
        """Each type's topic and key."""
        found = {}
        for channel in self.page["channels"].values():
            for name, message in channel["messages"].items():
                found[name] = (channel["address"], self.key_of(message))
        return found

    def key_of(self, message: dict) -> str:
        parts = [message, *map(self.resolved_page, message.get("traits", []))]
        return next(part["bindings"]["kafka"]["key"]["title"] for part in parts if "bindings" in part)

    def resolved_page(self, part: dict) -> dict:
        while "$ref" in part:
            target = self.page
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part

    def shape(self, name: str) -> dict:
        return self.resolved(self.files[name], name)

    def resolved(self, schema: dict, name: str) -> dict:
        """The schema with all that it refers to in it: its own words beside those it refers to, both of which hold."""
        if set(schema) - KNOWN:
            raise Unknown(f"{name}: {', '.join(sorted(set(schema) - KNOWN))}")
        if set(schema.get("not", {})) - {"required"}:
            raise Unknown(f"{name}: not of anything but members that stand together")
        shape = {key: schema[key] for key in (*UPPER, *LOWER, *SAME, "enum") if key in schema}
        shape["properties"] = {member: self.resolved(it, name) for member, it in schema.get("properties", {}).items()}
        shape["required"] = set(schema.get("required", []))
        shape["items"] = self.resolved(schema["items"], name) if "items" in schema else None
        shape["nullable"] = False
        shape["excludes"] = set(schema.get("not", {}).get("required", []))
        for part in [*schema.get("allOf", []), *([{"$ref": schema["$ref"]}] if "$ref" in schema else [])]:
            shape = both(self.referred(part, name), shape)
        if "anyOf" in schema:
            null = schema["anyOf"][1:] == [{"type": "null"}]
            shape = both(self.resolved(schema["anyOf"][0], name), shape) | ({"nullable": True} if null else {"or": True})
        return shape

    def referred(self, part: dict, name: str) -> dict:
        if "$ref" not in part:
            return self.resolved(part, name)
        file, _, path = part["$ref"].partition("#")
        target = self.files[file or name]
        for step in path.strip("/").split("/") if path.strip("/") else []:
            target = target[step]
        return self.resolved(target, file or name)


def both(base: dict, more: dict) -> dict:
    """What two schemas say that hold together: the second narrows the first."""
    shape = {**base, **{key: it for key, it in more.items() if key not in ("properties", "required", "items", "nullable", "excludes")}}
    shape["properties"] = dict(base["properties"])
    for name, member in more["properties"].items():
        known = shape["properties"].get(name)
        shape["properties"][name] = both(known, member) if known else member
    shape["required"] = base["required"] | more["required"]
    shape["items"] = both(base["items"], more["items"]) if base["items"] and more["items"] else more["items"] or base["items"]
    shape["nullable"] = base["nullable"] or more["nullable"]
    shape["excludes"] = base["excludes"] | more["excludes"]
    return shape


# ---- what breaks ----


def breaks(old: dict, new: dict, inwards: bool, place: str) -> list[str]:
    found = [f"{place}: {key} was {old.get(key)!r} and is {new.get(key)!r}" for key in SAME
             if old.get(key) != new.get(key) and not loosens(key, old, new, inwards)]
    found += [f"{place}: {word!r} is no longer a word of it" for word in old.get("enum", []) if word not in new.get("enum", [word])]
    if inwards:
        found += asks_for_more(old, new, place)
    else:
        found += promises_less(old, new, place)
    for name, member in old["properties"].items():
        if name not in new["properties"]:
            found.append(f"{place}/{name}: removed")
        else:
            found += breaks(member, new["properties"][name], inwards, f"{place}/{name}")
    if old["items"]:
        found += breaks(old["items"], new["items"], inwards, f"{place}/*") if new["items"] else [f"{place}: items removed"]
    return found


def loosens(key: str, old: dict, new: dict, inwards: bool) -> bool:
    """A constraint on text may go where others write it, and come where we do."""
    return key in ("pattern", "format") and (new if inwards else old).get(key) is None


def asks_for_more(old: dict, new: dict, place: str) -> list[str]:
    found = [f"{place}/{name}: is required, and was not" for name in sorted(new["required"] - old["required"])]
    found += [f"{place}: {key} was {old.get(key, 'none')} and is {new[key]}" for key in UPPER
              if key in new and new[key] < old.get(key, float("inf"))]
    found += [f"{place}: {key} was {old.get(key, 'none')} and is {new[key]}" for key in LOWER
              if key in new and (key not in old or new[key] > old[key])]
    if "enum" in new and "enum" not in old:
        found.append(f"{place}: takes only some words, and took any")
    if old["nullable"] and not new["nullable"]:
        found.append(f"{place}: may not be null, and might")
    if old.get("or") and not new.get("or"):
        found.append(f"{place}: may not be an object, and might")
    if old["excludes"] != new["excludes"] and new["excludes"] <= set(old["properties"]):
        found.append(f"{place}: {', '.join(sorted(new['excludes']))} may not stand together, and might")
    return found


def promises_less(old: dict, new: dict, place: str) -> list[str]:
    found = [f"{place}/{name}: is not always there, and was" for name in sorted(old["required"] - new["required"])]
    found += [f"{place}: {key} was {old[key]} and is {new.get(key, 'none')}" for key in UPPER
              if key in old and new.get(key, float("inf")) > old[key]]
    found += [f"{place}: {key} was {old[key]} and is {new.get(key, 'none')}" for key in LOWER
              if key in old and (key not in new or new[key] < old[key])]
    if "enum" in old and "enum" not in new:
        found.append(f"{place}: says anything, and said only some words")
    if new["nullable"] and not old["nullable"]:
        found.append(f"{place}: may be null, and was not")
    if new.get("or") and not old.get("or"):
        found.append(f"{place}: may be an object, and was not")
    return found


def findings(released: Contract, standing: Contract) -> list[str]:
    found = []
    was, now = released.places(), standing.places()
    for name, (topic, key) in was.items():
        if name not in now:
            found.append(f"{name}: removed")
        elif now[name] != (topic, key):
            found.append(f"{name}: topic and key were {topic}, {key}, and are {', '.join(now[name])}")
    for file in released.files:
        name = file.removesuffix(SUFFIX)
        if name in was and file in standing.files:
            found += breaks(released.shape(file), standing.shape(file), was[name][0] != "lockbox.events.v1", name)
        elif file not in standing.files:
            found.append(f"{file}: removed")
    return [line for line in found if not line.startswith(tuple(UNSAFE))]


def record() -> None:
    released = SCHEMAS / "released"
    shutil.rmtree(released / "events", ignore_errors=True)
    shutil.copytree(SCHEMAS / "events", released / "events")
    shutil.copy(SCHEMAS / "asyncapi.yaml", released)


def main(arguments: list[str]) -> int:
    if arguments == ["record"]:
        record()
    found = findings(Contract.read(SCHEMAS / "released"), Contract.read(SCHEMAS))
    print("\n".join(found) if found else "nothing that was released breaks")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
