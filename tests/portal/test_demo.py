"""./dev demo --portal: it waits in the portal for who reads along, and goes on once they have approved there."""
import os
import re
import subprocess
import sys
import uuid
from types import SimpleNamespace

from support.scenario import Person
from support.stack import REPOSITORY
from support.waiting import wait_until
from visitor import Visitor


def test_the_demo_waits_in_the_portal(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("demo")  # short: sockets have names of 107 characters
    environment = {name: value for name, value in os.environ.items() if name != "LOCKBOX_DEV_DIR"}
    with subprocess.Popen([sys.executable, "-u", "tools/dev/demo.py", "--portal"], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env={**environment, "TMPDIR": str(tmp_path)}) as demo:
        said = ""
        while not (found := re.search(r"(http://localhost:\d+)/requests/(\S+)", said)):
            line = demo.stdout.readline()
            assert line, said
            said += line
        [who] = re.findall(r"id (\S+), e-mail (\S+), name (.+)", said)
        assert "the provider is for development" in said
        visitor = Visitor(SimpleNamespace(url=found[1]), Person(*who))
        wait_until(lambda: f"/requests/{found[2]}" in visitor.page("/"), "the portal knows the request")
        answer = visitor.answer(f"/requests/{found[2]}/decisions", {
            "event_id": str(uuid.uuid4()), "version": 1, "decision": "approve", "comment": "Go ahead."})
        assert answer[0] == 202, answer
        rest = demo.stdout.read()
    assert demo.returncode == 0, said + rest
    assert "approve, by the portal" in rest and "request.approved" in rest and "Every step was seen to happen." in " ".join(rest.split())
