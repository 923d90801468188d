"""Families of metrics: as docs/metrics.md lists them, and as a worker's page shows them."""
import re

from support.stack import REPOSITORY

CHECKS = "## Checks"  # what lockboxctl --metrics writes: no worker shows it
AUTHORIZER = "## Authorizer"  # it runs beside clusters only: its families have a section and a test of their own


def listed() -> tuple[dict, dict]:
    """Name → type, labels and help: of the workers of every stack, and of the authorizer."""
    workers, authorizer = ({name: (kind, labels, what) for name, kind, labels, what in
                            re.findall(r"^\| (lockbox_\w+) \| (\w+) \| (.*?) ?\| (.*) \|$", text, re.MULTILINE)}
                           for text in (REPOSITORY / "docs/metrics.md").read_text().split(CHECKS)[0].split(AUTHORIZER))
    return workers, authorizer


def shown(page: str) -> dict:
    """The same of a page of /metrics."""
    found = {}
    for what, name, kind, labels in re.findall(r"# HELP \S+ (.*)\n# TYPE (\S+) (\w+)\n\w+\{(.*)\}", page):
        others = [label for label in re.findall(r'(\w+)="', labels) if label not in ("worker", "le")]
        found[name] = kind, ", ".join(others), what
    return found


def listed_checks() -> dict:
    """The same of what lockboxctl --metrics writes."""
    text = (REPOSITORY / "docs/metrics.md").read_text().split(CHECKS)[1]
    return {name: (kind, labels, what) for name, kind, labels, what in re.findall(r"^\| (lockbox_\w+) \| (\w+) \| (.*?) ?\| (.*) \|$", text, re.MULTILINE)}
