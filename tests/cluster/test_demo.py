"""./dev demo --cluster walks to its end, on a stack of its own, and shows what it promises."""
import os
import re
import subprocess
import sys

from support.stack import REPOSITORY

# In this order: refused, agreed to, answered; the change as the approver reads it, agreed to; one value more is refused, the change is
# made, and a second one is refused.
SHOWN = [r"\$ kubectl get pods .*", r"│ .*lockbox: no_grant.*", r"← request\.approved .*", r"\$ kubectl get pods .*", r"│ pod/router-default-.*",
         r"\$ lockboxctl cluster propose .*", r"← request\.completed .*", r"│ .*lockbox: no_grant.*",
         r"│ To: lena\.fischer@contoso\.example", r"│ \| @ /data/timeout", r'│ \| - "30s"', r'│ \| \+ "60s"',
         r"← decision\.judged verdict applied",
         r"\$ kubectl patch .*90s.*", r"│ .*lockbox: content_changed.*", r"\$ kubectl patch .*60s.*", r"│ configmap/routers patched",
         r"\$ kubectl patch .*600s.*", r"│ .*lockbox: content_changed.*", r"Every step was seen to happen\."]


def test_the_demo_shows_a_change_that_is_agreed_to(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("demo")  # a short name: sockets stand in it
    environment = {name: value for name, value in os.environ.items() if name != "LOCKBOX_DEV_DIR"}
    done = subprocess.run([sys.executable, "tools/dev/demo.py", "--cluster"], cwd=REPOSITORY, capture_output=True, text=True, timeout=600,
                          env={**environment, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    lines = iter(" ".join(line.split()) for line in done.stdout.splitlines())
    for wanted in SHOWN:
        assert any(re.fullmatch(wanted, line) for line in lines), f"{wanted}\n{done.stdout}"
    assert list(tmp_path.iterdir()) == []
