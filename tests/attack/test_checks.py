"""Who has the auditor's login edits a read model: the check that runs by schedule finds it, and its metrics say so."""
import re
import time

from support.audit import await_auditor
from support.scenario import Tenant
from support.waiting import wait_until

from test_catalogue import lockboxctl


def metrics(path) -> dict[str, float]:
    """Value of each metric, all of the same check."""
    text = path.read_text()
    assert set(re.findall(r'check="([^"]+)"', text)) == {"audit rebuild"}
    return {name: float(value) for name, value in re.findall(r'^lockbox_check_(\w+)\{.*\} (\S+)$', text, re.MULTILINE)}


def test_an_edited_model_is_found_and_told(system, attacker, tmp_path):
    request = Tenant(system).request()
    request.approve()
    await_auditor(system)
    file, began = tmp_path / "rebuild.prom", int(time.time())
    longer = "UPDATE grant_item SET expires_at = expires_at {} interval '1 hour' WHERE request_id = %(id)s"
    assert attacker.tries("lockbox_audit_writer", longer.format("+"), database="audit", id=request.id) == ""
    done = lockboxctl(system, "audit", "rebuild", "--check", "--metrics", file)
    assert attacker.tries("lockbox_audit_writer", longer.format("-"), database="audit", id=request.id) == ""
    assert done.returncode == 1 and request.id in done.stderr
    said = metrics(file)
    assert said["exit_code"] == 1 and said["findings"] >= 1 and said["timestamp_seconds"] >= began

    def all_is_right() -> bool:
        nonlocal done
        done = lockboxctl(system, "audit", "rebuild", "--check", "--metrics", file)
        return (metrics(file)["exit_code"], metrics(file)["findings"]) == (0, 0)
    try:
        wait_until(all_is_right, "nothing else differs", 60, every=1)  # what other tests did may still be judged
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {done.stderr}") from None
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_file_that_cannot_be_written_is_said(system, tmp_path):
    done = lockboxctl(system, "audit", "rebuild", "--check", "--metrics", tmp_path / "nowhere/rebuild.prom")
    assert done.returncode == 1 and "rebuild.prom" in done.stderr
