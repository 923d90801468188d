"""The contract's words, made from schemas/: what C, Python and docs/events.md would otherwise say again.

    python3 tools/dev/vocabulary.py           writes what is stale
    python3 tools/dev/vocabulary.py --check   names it instead; exit 1 where there is any

A schema's file name is its event type, and the name's second word is its family. The AsyncAPI page says which topic carries a type; a
type that Lockbox publishes stands on lockbox.events.v1, and is added there. The refusals are those of the two types that carry one; a
reason without an example gets one, which is from then on kept by hand.
"""
import argparse
import json
import re
import sys
import uuid
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMAS = REPOSITORY / "schemas"
PAGE = SCHEMAS / "asyncapi.yaml"
COMMON = SCHEMAS / "events/common.schema.json"
EVENTS_PAGE = REPOSITORY / "docs/events.md"
SUFFIX = ".schema.json"
MADE = "Made by tools/dev/vocabulary.py from schemas/."

# Each list of words: its name in C, the prefix of its constants there, its name in Python.
LISTS = (("state", "STATE", "STATES"), ("decision", "DECISION", "DECISIONS"), ("verdict", "VERDICT", "VERDICTS"),
         ("role", "ROLE", "ROLES"), ("refusal", "REFUSAL", "REFUSALS"), ("change", "CHANGE", "CHANGES"),
         ("mail_kind", "MAIL", "MAIL_KINDS"), ("outcome", "OUTCOME", "OUTCOMES"), ("emergency", "EMERGENCY", "EMERGENCIES"),
         ("cause", "CAUSE", "CAUSES"), ("webhook_format", "WEBHOOK", "WEBHOOK_FORMATS"))

# Each type of refusal: a reason whose example has what every one of them has, and no more.
PLAIN_REFUSALS = {"lockbox.request.refused.v1": "ticket_closed", "lockbox.tenant.change_refused.v1": "keys_missing"}


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


TYPES = {path.name.removesuffix(SUFFIX): read(path) for path in sorted((SCHEMAS / "events").glob("lockbox.*" + SUFFIX))}


# ---- what the schemas say ----


def data_of(event_type: str) -> dict:
    return TYPES[event_type]["properties"]["data"]


def family_of(event_type: str) -> str:
    return event_type.split(".")[1]


def is_published(event_type: str) -> bool:
    return TYPES[event_type]["allOf"][0]["$ref"].endswith("/published")


def part_of(event_type: str) -> str:
    """The table of the data in C: a part of common.schema.json where the type adds no member to it, else the type's own."""
    data = data_of(event_type)
    ref = data.get("$ref") or data.get("allOf", [{}])[0].get("$ref", "")
    part = ref.rpartition("/")[2]
    known = set(read(COMMON)["$defs"][part]["properties"]) if part else set()
    own = set(data.get("properties", ())) - known
    return part if part and not own - inherited(part) else "_".join(event_type.split(".")[1:3])


def inherited(part: str) -> set:
    """The members that a part has from others."""
    parts = read(COMMON)["$defs"]
    bases = [base["$ref"].rpartition("/")[2] for base in parts[part].get("allOf", ())]
    return {name for base in bases for name in parts[base]["properties"]}


def reasons(event_type: str) -> list[str]:
    """Those of a type of refusal, in the order in which they are looked for."""
    members = data_of(event_type)["properties"]
    return members.get("request", {"properties": members})["properties"]["reason"]["enum"]


def refusals() -> list[str]:
    """common.schema.json's list, and behind it what request.refused and tenant.change_refused have beside it."""
    known = read(COMMON)["$defs"]["refusal"]["enum"]
    said = dict.fromkeys(reason for event_type in PLAIN_REFUSALS for reason in reasons(event_type))
    return [word for word in known if word in said] + [word for word in said if word not in known]


def words(name: str) -> list[str]:
    if name == "refusal":
        return refusals()
    if name == "outcome":
        return data_of("lockbox.access.performed.v1")["properties"]["outcome"]["enum"]
    return read(COMMON)["$defs"][name]["enum"]


# ---- what the page says ----

CHANNEL = re.compile(r"^    address: (\S+)$", re.MULTILINE)
MESSAGE = re.compile(r"^      (lockbox\.\S+):$", re.MULTILINE)
MESSAGE_TEXT = """\
      {type}:
        traits:
          - $ref: '#/components/messageTraits/publishedEvent'
        payload:
          schemaFormat: application/schema+json;version=draft-2020-12
          schema:
            $ref: events/{type}.schema.json
"""


def asyncapi() -> str:
    """The page with every type that Lockbox publishes, a new one behind the last of its family."""
    text = PAGE.read_text(encoding="utf-8")
    for event_type in TYPES:
        if is_published(event_type) and f"      {event_type}:\n" not in text:
            last = [found for found in MESSAGE.findall(text) if found in TYPES and is_published(found)
                    and family_of(found) == family_of(event_type)][-1]
            block = MESSAGE_TEXT.format(type=last)
            text = text.replace(block, block + MESSAGE_TEXT.format(type=event_type))
    return text


def topics() -> dict[str, list[str]]:
    """Topic → its types, in the page's order."""
    text = asyncapi()
    starts = [*CHANNEL.finditer(text)]
    ends = [match.start() for match in starts[1:]] + [text.index("\noperations:")]
    found = {start[1]: [name for name in MESSAGE.findall(text, start.end(), end) if name in TYPES]
             for start, end in zip(starts, ends)}
    assert sorted(name for names in found.values() for name in names) == sorted(TYPES), "a type stands in no channel of the page"
    return {topic: names for topic, names in found.items() if names}


def families() -> dict[str, list[tuple[str, str]]]:
    """Family → (type, topic) of each, in the page's order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for topic, names in topics().items():
        for name in names:
            found.setdefault(family_of(name), []).append((name, topic))
    return found


# ---- what is made of it ----


def common_schema() -> str:
    """common.schema.json with its list of refusals."""
    text = COMMON.read_text(encoding="utf-8")
    start = text.index('"enum": [', text.index('    "refusal": {'))
    end = text.index("]", start)
    lines = ",".join(f'\n        "{word}"' for word in refusals())
    return f'{text[:start]}"enum": [{lines}\n      {text[end:]}'


def example_of(event_type: str, reason: str) -> Path:
    return SCHEMAS / "examples" / event_type / f"valid-{reason.replace('_', '-')}.json"


def examples() -> dict[Path, str]:
    """For each reason that a refusal may have and no example does, one: a plain example of the type, for that reason instead."""
    made = {}
    for event_type, plain in PLAIN_REFUSALS.items():
        text = example_of(event_type, plain).read_text(encoding="utf-8")
        for reason in reasons(event_type):
            if not (path := example_of(event_type, reason)).exists():
                event_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{event_type}/{reason}")
                text_of_it = text.replace(f'"reason": "{plain}"', f'"reason": "{reason}"')
                made[path] = text_of_it.replace(json.loads(text)["id"], str(event_id))
    return made


def c_list(name: str, rows: list[str]) -> str:
    lines = [f"#define {name}(X)", *(f"    X({row})" for row in rows)]
    return "".join(f"{line:98} \\\n" for line in lines[:-1]) + lines[-1] + "\n\n"


def c_header() -> str:
    out = [f"""/* The contract's words. {MADE}
 *
 * Each list X(NAME, "text") is an enum and its names (payload.h). Each family of events is a list
 * X(FAMILY, NAME, "type", TOPIC, table): the type is LBX_EVENT_FAMILY_NAME, table that of its data (payload.c).
 */
#ifndef LBX_EVENT_VOCABULARY_H
#define LBX_EVENT_VOCABULARY_H

/* clang-format off */

"""]
    for name, _, plural in LISTS:
        out.append(c_list(f"LBX_{plural}", [f'{word.upper()}, "{word}"' for word in words(name)]))
    for family, types in families().items():
        rows = []
        for event_type, topic in types:
            short = topic.split(".")[1].upper()
            name = event_type.split(".")[2].upper()
            rows.append(f'{family.upper()}, {name}, "{event_type}", {short}, {part_of(event_type)}')
        out.append(c_list(f"LBX_{family.upper()}_EVENTS", rows))
    out.append("/* X(FAMILY) */\n" + c_list("LBX_EVENT_FAMILIES", [family.upper() for family in families()]))
    lines = [f"    LBX_{family.upper()}_EVENTS(X)" for family in families()]
    out.append(" \\\n".join(["#define LBX_EVENT_TYPES(X)", *lines]) + "\n\n")
    out.append("/* clang-format on */\n\n#endif\n")
    return "".join(out)


def python_module() -> str:
    out = [f'"""The contract\'s words. {MADE}"""\n\n']
    for name, _, plural in LISTS:
        out.append(wrapped(f"{plural} = (", [f'"{word}"' for word in words(name)]) + "\n")
    out.append("\n# Type, without lockbox. and .v1 → topic.\nEVENTS = {\n")
    for types in families().values():
        out += [f'    "{name.removeprefix("lockbox.").removesuffix(".v1")}": "{topic}",\n' for name, topic in types]
    return "".join(out) + "}\n"


def wrapped(start: str, items: list[str]) -> str:
    lines, line = [], start
    for item in items:
        piece = f"{item}, " if item != items[-1] else f"{item})"
        if len(line) + len(piece.rstrip()) > 118:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += piece
    return "\n".join([*lines, line])


def events_page() -> str:
    text = EVENTS_PAGE.read_text(encoding="utf-8")
    for name, published in (("types in", False), ("types out", True)):
        table = ["| type, with an example | says |\n", "|---|---|\n"]
        shown = [event_type for types in topics().values() for event_type in types if is_published(event_type) == published]
        for topic, types in topics().items():
            mine = [event_type for event_type in types if is_published(event_type) == published]
            if mine and not published:
                table.append(f"| **{topic.split('.')[1]}** | |\n")
            table += [table_row(event_type) for event_type in mine]
        begin, end = f"<!-- {name}: made by tools/dev/vocabulary.py -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = text.partition(begin)
        assert rest, f"docs/events.md has no line {begin!r}"
        text = before + begin + "\n" + "".join(table) + "\n" + "".join(map(link_to_example, shown)) + "\n" + end + rest.partition(end)[2]
    return text


def table_row(event_type: str) -> str:
    """The description's first sentence, or as many of its clauses as the table's width takes."""
    says = TYPES[event_type]["description"].split(". ")[0].removesuffix(".")
    while len(row := f"| [{event_type}] | {says} |") > 120:
        says = says[:colon if (colon := says.find(": ")) > len("Final") else says.rfind(", ")]
    return f"{row}\n"


def link_to_example(event_type: str) -> str:
    shown = max(sorted((SCHEMAS / "examples" / event_type).glob("valid-*.json")), key=members)
    return f"[{event_type}]: ../schemas/examples/{event_type}/{shown.name}\n"


def members(example: Path) -> tuple[bool, int]:
    """Of two examples the page shows the one that is not refused, then the one with more members."""
    return not example.name.startswith("valid-refused"), example.read_text(encoding="utf-8").count('": ')


MADE_FILES = {
    COMMON: common_schema,
    PAGE: asyncapi,
    REPOSITORY / "common/event/vocabulary.h": c_header,
    REPOSITORY / "tests/support/vocabulary.py": python_module,
    EVENTS_PAGE: events_page,
}


def stale() -> dict[Path, str]:
    """Files that are not as they are made, each with what belongs there."""
    made = {path: make() for path, make in MADE_FILES.items()} | examples()
    return {path: text for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    only_checks = parser.parse_args().check
    found = stale()
    for path, text in found.items():
        print(f"{path.relative_to(REPOSITORY)}{': stale; ./dev vocabulary makes it' if only_checks else ''}")
        if not only_checks:
            path.write_text(text, encoding="utf-8")
    return 1 if found and only_checks else 0


if __name__ == "__main__":
    sys.exit(main())
