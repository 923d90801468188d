"""One stack for all of these tests; each puts right what it broke, and then looks at everything that ever happened."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.fixtures import *  # noqa: E402, F403
