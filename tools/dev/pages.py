"""Pages show programs as they stand: writes each file into the block of docs/ that a line <!-- file: PATH --> announces.

    python tools/dev/pages.py           rewrites the pages
    python tools/dev/pages.py --check   exit 1 where one shows something else, naming it
"""
import argparse
import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(<!-- file: (\S+) -->\n\n?```\w+\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def filled(page: Path) -> str:
    return BLOCK.sub(lambda block: block[1] + (REPOSITORY / block[2]).read_text() + block[4], page.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    only_checks = parser.parse_args().check
    stale = [page for page in sorted((REPOSITORY / "docs").rglob("*.md")) if filled(page) != page.read_text()]
    for page in stale:
        print(f"{page.relative_to(REPOSITORY)} shows other programs than those that stand")
        if not only_checks:
            page.write_text(filled(page))
    return 1 if stale and only_checks else 0


if __name__ == "__main__":
    sys.exit(main())
