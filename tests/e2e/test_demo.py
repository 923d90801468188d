"""The demo walks to its end, on a stack of its own, and shows what it promises."""
import os
import re
import subprocess
import sys

from support.stack import REPOSITORY

README = (REPOSITORY / "README.md").read_text()


def test_the_demo_shows_every_step(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("demo")
    environment = {name: value for name, value in os.environ.items() if name != "LOCKBOX_DEV_DIR"}
    done = subprocess.run([sys.executable, "tools/dev/demo.py"], cwd=REPOSITORY, capture_output=True, text=True, timeout=180,
                          env={**environment, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    answers = re.findall(r"access_check: (yes|no)", done.stdout)
    assert answers == ["no", "yes", "no", "no", "no", "no"]
    for said in ("To: lena.fischer@contoso.example", '"type": "lockbox.access.requested.v1"', "8 seconds stand in for",
                 "request.denied", "action_not_permitted", "Approve Lockbox Request", "Every step was seen to happen."):
        assert said in " ".join(done.stdout.split()), said
    [shown] = re.findall(r"^```text\n(   →.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(shown.splitlines()) == 10
    lines = iter(done.stdout.splitlines())
    for line in shown.splitlines():  # in this order
        assert any(re.fullmatch(".*".join(map(re.escape, line.split("…"))), it) for it in lines), line
    assert "\033" not in done.stdout  # colour is for terminals
    assert list(tmp_path.iterdir()) == []
