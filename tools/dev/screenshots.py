"""./dev screenshots: the pictures of mails in docs/images, made from `lockboxctl notification preview` by Chromium."""
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests"))

from support.browser import Browser  # noqa: E402

CTL = REPO / "build" / "release" / "bin" / "lockboxctl"
IMAGES = REPO / "docs" / "images"


@dataclass(frozen=True)
class Shot:
    kind: str
    reader: str
    width: int
    dark: bool

    @property
    def name(self) -> str:
        return f"mail-{self.kind}-{self.reader}-{self.width}-{'dark' if self.dark else 'light'}.webp"

    def html(self) -> str:
        return subprocess.run([CTL, "notification", "preview", self.kind, "--reader", self.reader, "--html"], check=True,
                              capture_output=True, text=True).stdout


SHOTS = [
    Shot("approval_needed", "approver", 360, False), Shot("approval_needed", "approver", 360, True),
    Shot("approval_needed", "approver", 1200, False), Shot("approval_needed", "approver", 1200, True),
    Shot("approval_needed", "alternate", 360, False), Shot("emergency", "approver", 360, True),
    Shot("outcome", "engineer", 360, False), Shot("emergency_reminder", "approver", 1200, False),
    Shot("reminder", "approver", 360, True), Shot("reminder", "approver", 1200, False),
]


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with Browser() as browser:
        for shot in SHOTS:
            (IMAGES / shot.name).write_bytes(browser.open(shot.html(), shot.width, shot.dark).picture())
            print(IMAGES / shot.name)


if __name__ == "__main__":
    main()
