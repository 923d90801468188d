"""Where Debian, 12 or 13, has the programs that tests run, as ./dev finds them."""
import sys

from .stack import REPOSITORY

sys.path.append(str(REPOSITORY / "tools/dev/stack"))

from distribution import POSTGRES, java  # noqa: E402

__all__ = ["POSTGRES", "java"]
