"""Draws docs/images/*.svg: the way of a record, a request's life, and what an auditor's trust hangs on.

    python3 tools/docs/pictures.py [--check]

Boxes have their place in a grid; an arrow leads from one to another and has at most a few words. Colours follow the reader's scheme.
"""
import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
COLUMN, ROW, WIDTH, HEIGHT, LETTER = 190, 92, 140, 44, 6.6
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1b1f24; text-anchor: middle; }
.small { font-size: 11px; fill: #57606a; }
rect { fill: #f6f8fa; stroke: #57606a; rx: 6px; }
.topic { fill: #ddf4ff; stroke: #0550ae; } .store { fill: #fff8c5; stroke: #7d4e00; } .open { fill: #dafbe1; stroke: #116329; } .over { fill: #fff; }
path { fill: none; stroke: #57606a; } .head { fill: #57606a; stroke: none; } .back { fill: #fff; stroke: none; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .small { fill: #a9b4c0; } rect { fill: #161b22; stroke: #a9b4c0; } .topic { fill: #0c2d4d; stroke: #79b8ff; }
.store { fill: #332b00; stroke: #f2cc60; } .open { fill: #12301b; stroke: #7ee787; } .over { fill: #0d1117; } path { stroke: #a9b4c0; }
.head { fill: #a9b4c0; } .back { fill: #0d1117; }
}
""".strip()


@dataclass
class Picture:
    name: str
    title: str
    description: str
    boxes: dict = field(default_factory=dict)   # name → column, row, kind, lines
    arrows: list = field(default_factory=list)  # from, to, words

    def box(self, name: str, column: float, row: float, *lines: str, kind: str = "") -> None:
        self.boxes[name] = column, row, kind, lines or (name,)

    def arrow(self, start: str, end: str, words: str = "") -> None:
        self.arrows.append((start, end, words))

    def middle(self, name: str) -> tuple[float, float]:
        column, row, _, _ = self.boxes[name]
        return 12 + column * COLUMN + WIDTH / 2, 12 + row * ROW + HEIGHT / 2

    def svg(self) -> str:
        width = 24 + max(it[0] for it in self.boxes.values()) * COLUMN + WIDTH
        height = 24 + max(it[1] for it in self.boxes.values()) * ROW + HEIGHT
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
                 f'aria-labelledby="t d">', f'<title id="t">{escape(self.title)}</title>', f'<desc id="d">{escape(self.description)}</desc>',
                 f"<style>{STYLE}</style>", '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
                 'orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>']
        parts += [self.line(*it) for it in self.arrows] + [self.words(*it) for it in self.arrows if it[2]]
        parts += [self.drawn(name) for name in self.boxes]
        return "\n".join([*parts, "</svg>", ""])

    def ends(self, start: str, end: str) -> tuple[float, float, float, float]:
        """Where an arrow leaves the one box and meets the other: on the sides that face each other."""
        (x, y), (to_x, to_y) = self.middle(start), self.middle(end)
        if abs(to_x - x) >= WIDTH:
            side = 1 if to_x > x else -1
            return x + side * WIDTH / 2, y, to_x - side * WIDTH / 2, to_y
        side = 1 if to_y > y else -1
        return x, y + side * HEIGHT / 2, to_x, to_y - side * HEIGHT / 2

    def line(self, start: str, end: str, _: str) -> str:
        x, y, to_x, to_y = self.ends(start, end)
        return f'<path d="M{x:g} {y:g} {to_x:g} {to_y:g}" marker-end="url(#a)"/>'

    def words(self, start: str, end: str, words: str) -> str:
        x, y, to_x, to_y = self.ends(start, end)
        at_x, at_y, width = (x + to_x) / 2, (y + to_y) / 2, len(words) * LETTER
        return (f'<rect class="back" x="{at_x - width / 2:g}" y="{at_y - 8:g}" width="{width:g}" height="15"/>'
                f'<text class="small" x="{at_x:g}" y="{at_y + 4:g}">{escape(words)}</text>')

    def drawn(self, name: str) -> str:
        x, y = self.middle(name)
        _, _, kind, lines = self.boxes[name]
        for line in lines:
            assert len(line) * LETTER <= WIDTH, f"{self.name}: {line!r} is wider than its box"
        first = y + 4 - (len(lines) - 1) * 8
        text = "".join(f'<text x="{x:g}" y="{first + 16 * at:g}"{" class=" + chr(34) + "small" + chr(34) if at else ""}>{escape(line)}</text>'
                       for at, line in enumerate(lines))
        return f'<rect class="{kind}" x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" height="{HEIGHT}"/>{text}'


def road() -> Picture:
    it = Picture("road", "The way of a record through Lockbox", "Ticketing systems and portals write topics; requester, decider and expirer change the "
                 "operational database; the relay publishes its outbox as events; notifier, auditor and the authorizer serve people and clusters.")
    it.box("ticketing", 0, 0, "ticketing system")
    it.box("portal", 0, 1.5)
    it.box("clock", 0, 3, "the database's clock")
    for row, topic in enumerate(("tickets", "tenants", "decisions")):
        it.box(topic, 1, row, f"lockbox.{topic}.v1", kind="topic")
    for row, worker in ((0.5, "requester"), (2, "decider"), (3, "expirer")):
        it.box(worker, 2, row)
    it.box("lockbox", 3, 1.75, "PostgreSQL lockbox", "state, outbox", kind="store")
    it.box("relay", 4, 1.75)
    it.box("events", 5, 1.75, "lockbox.events.v1", kind="topic")
    it.box("notifier", 5, 0.5)
    it.box("auditor", 5, 3)
    it.box("approvers", 4, 0.5, "approvers", "mail, webhooks")
    it.box("audit", 4, 3, "PostgreSQL audit", "signed logs", kind="store")
    it.box("authorizer", 3, 0.5)
    it.box("api", 3, -0.5, "API server")
    for start, end in (("ticketing", "tickets"), ("portal", "tenants"), ("portal", "decisions"), ("tickets", "requester"), ("tenants", "requester"),
                       ("decisions", "decider"), ("clock", "expirer"), ("requester", "lockbox"), ("decider", "lockbox"), ("expirer", "lockbox"),
                       ("lockbox", "relay"), ("relay", "events"), ("events", "notifier"), ("events", "auditor"), ("notifier", "approvers"),
                       ("auditor", "audit"), ("lockbox", "authorizer"), ("authorizer", "api")):
        it.arrow(start, end)
    for name, (column, row, kind, lines) in it.boxes.items():
        it.boxes[name] = column, row + 0.5, kind, lines
    return it


def lifecycle() -> Picture:
    it = Picture("lifecycle", "A request's life", "A request waits for its customer, is approved or ends; access is open until its time is up or it is revoked.")
    it.box("asked", 0, 2, "access is asked for")
    it.box("customer_notified", 1.25, 2, "customer_notified", "approvers are mailed")
    it.box("emergency", 1.25, 1, "emergency", "access is open", kind="open")
    it.box("not_required", 1.25, 0, "not_required", "access is open", kind="open")
    it.box("refused", 0, 3.25, kind="over")
    it.box("approved", 2.5, 2, "approved", "access is open", kind="open")
    it.box("denied", 2.5, 3, kind="over")
    it.box("expired", 2.5, 4, kind="over")
    it.box("cancelled", 1.25, 3.25, kind="over")
    it.box("completed", 3.75, 0.25, kind="over")
    it.box("revoked", 3.75, 1.5, kind="over")
    for start, end, words in (
            ("asked", "customer_notified", ""), ("asked", "emergency", ""), ("asked", "not_required", "Lockbox off"), ("asked", "refused", "a rule"),
            ("customer_notified", "approved", "yes"), ("customer_notified", "denied", "no"), ("customer_notified", "expired", "nobody"), ("customer_notified", "cancelled", "ticket ended"),
            ("approved", "completed", "time"), ("approved", "revoked", "revoke"), ("emergency", "completed", "time"), ("not_required", "completed", "time"), ("emergency", "revoked", ""),
            ("not_required", "revoked", "")):
        it.arrow(start, end, words)
    return it


def trust() -> Picture:
    it = Picture("trust", "What an auditor's trust hangs on", "A passkey signs the request's digest; the record is a leaf of a log; a signed checkpoint covers the "
                 "log; witnesses sign the checkpoint; the evidence pack has all of it and is verified without Lockbox.")
    it.box("request", 0, 0, "the request", "as the page shows it")
    it.box("digest", 1.25, 0, "digest", "SHA-256 of its fields")
    it.box("passkey", 2.5, 0, "the approver's key", "signs digest and yes")
    it.box("record", 3.75, 0, "decision record", "kept byte by byte", kind="topic")
    it.box("log", 3.75, 1, "log of its topic", "a Merkle tree", kind="store")
    it.box("checkpoint", 2.5, 1, "checkpoint", "signed by the auditor")
    it.box("witness", 1.25, 1, "witnesses", "sign it as well")
    it.box("pack", 0, 1, "evidence pack", "verified offline", kind="open")
    for start, end in (("request", "digest"), ("digest", "passkey"), ("passkey", "record"), ("record", "log"), ("log", "checkpoint"),
                       ("checkpoint", "witness"), ("witness", "pack")):
        it.arrow(start, end)
    return it


def main() -> int:
    stale = []
    for picture in (road(), lifecycle(), trust()):
        path, text = IMAGES / f"{picture.name}.svg", picture.svg()
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(f"{path}: python3 tools/docs/pictures.py draws it anew")
    print("\n".join(stale), end="\n" if stale else "")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
