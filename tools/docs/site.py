"""Lays the pages out for mkdocs: the project's Markdown, and the files that it links to, where they stand in the tree.

    python site.py DIRECTORY     a new directory; mkdocs.yml says which
"""
import re
import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\](?:\(|: )([^)\s#]+)(?:#[^)\s]*)?(?:\)|$)", re.MULTILINE)


def pages() -> list[Path]:
    return sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), REPOSITORY / "portal/README.md", REPOSITORY / "examples/README.md"])


def linked(page: Path) -> set[Path]:
    """Files of the tree that a page links to; of folders nothing."""
    targets = {(page.parent / link).resolve() for link in LINK.findall(page.read_text()) if "://" not in link}
    return {target for target in targets if target.is_file() and target.is_relative_to(REPOSITORY)}


def main(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    for file in sorted({*pages(), *(target for page in pages() for target in linked(page))}):
        to = directory / file.relative_to(REPOSITORY)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, to)
    for name in ("site.css", "site.js"):
        shutil.copy(REPOSITORY / "tools/docs" / name, directory / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
