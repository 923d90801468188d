"""docs/operate.md, typed as it stands, block after block, on a bare server. What the page says in words the reader does between two
blocks is READER's; nothing else is replaced but `--dev`, which the page tells whoever has one broker to add.

systemd is real (systemd-nspawn): units, their users, credentials and sandboxes are the packages' own.
"""
import json
import re
import stat

import pytest
from elsewhere import LEFT_OUT_THERE
from pages import REPOSITORY, blocks
from support.waiting import wait_until

PAGE = REPOSITORY / "docs/operate.md"
TYPED = [block for block in blocks(PAGE) if block.language == "sh" and block.commands[0] not in LEFT_OUT_THERE]
WORKERS = ["requester", "decider", "expirer", "relay", "notifier", "auditor"]
PORTS = dict(zip(WORKERS, range(9101, 9107)))
ROW = re.compile(r"^\| (`/etc/lockbox.*?) \| (\w+) \| (0\d{3}) \| .* \|$", re.MULTILINE)


class Reader:
    """Does what the page says in words: BEFORE a block that has this in it, or AFTER."""

    def __init__(self, server, authority, kafka, mail):
        self.server, self.authority, self.kafka, self.mail = server, authority, kafka, mail
        self.before = {"CREATE ROLE jonas": self.make_account, "cat > /etc/lockbox/lockbox.env": self.copy_authorities,
                       "topics grant": self.keep_administrators_password, "smtp-password.conf": self.keep_mail_password}
        self.after = {"user_$(basename": lambda shown: kafka.start(shown)}

    def make_account(self) -> None:
        assert self.server.run("useradd --create-home jonas").returncode == 0

    def copy_authorities(self) -> None:
        self.server.put("/etc/lockbox/ca.pem", self.authority.read("ca.pem"), 0o644)

    def keep_administrators_password(self) -> None:
        self.server.put("/root/kafka_admin_password", self.kafka.admin, 0o600)

    def keep_mail_password(self) -> None:
        self.server.put("/etc/lockbox/credentials/smtp_password", self.mail.password, 0o600)

    def does(self, block):
        for words, act in self.before.items():
            if words in block.text:
                act()
        done = self.server.type(re.sub(r"^(lockboxctl topics (create|check))$", r"\1 --dev", block.text, flags=re.MULTILINE))
        for words, act in self.after.items():
            if words in block.text and done.returncode == 0:
                act(done.stdout)
        return done


@pytest.fixture(scope="session")
def reader(server, authority, kafka, mail):
    return Reader(server, authority, kafka, mail)


@pytest.mark.parametrize("block", TYPED, ids=str)
def test_block(reader, block):
    done = reader.does(block)
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


# ---- what the reader then has ----


def wrong_files(server) -> list[str]:
    """Of the files below /etc/lockbox: those that the page's table has not, or has otherwise. `requester` stands for any name."""
    rows = {re.sub(r"/requester(?=[._])", "/*", path): (owner, int(mode, 8))
            for paths, owner, mode in ROW.findall(PAGE.read_text()) for path in re.findall(r"`([^`]+)`", paths)}
    assert len(rows) > 8
    found = []
    for line in server.run("find /etc/lockbox -mindepth 1 -printf '%p %u %m\\n'").stdout.splitlines():
        path, owner, mode = line.split()
        named = rows.get(path) or next((row for name, row in rows.items() if re.fullmatch(re.escape(name).replace(r"\*", "[a-z_]+"), path)), None)
        if named != (owner, int(mode, 8)):
            found.append(f"{path} is {owner}'s, {mode}; the page: {named}")
    return found


def ready(server, worker) -> str:
    return server.run(f"curl -s -o /dev/null -w '%{{http_code}}' http://127.0.0.1:{PORTS[worker]}/readyz || true").stdout.strip()


def test_files_owners_and_modes_are_as_the_page_says(server):
    found = wrong_files(server)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("worker", WORKERS)
def test_each_worker_serves_as_nobody_in_particular(server, worker):
    shown = server.run(f"systemctl show -p ActiveState,NRestarts,MainPID lockbox@{worker}").stdout
    state = dict(line.split("=", 1) for line in shown.splitlines())
    assert (state["ActiveState"], state["NRestarts"]) == ("active", "0") and ready(server, worker) == "200"
    assert server.run(f"stat -c %u /proc/{state['MainPID']}").stdout.strip() not in ("0", "")


def test_lena_had_a_mail_through_tls_and_a_password(reader):
    wait_until(lambda: "lena@contoso.example" in {it.recipient for it in reader.mail.taken if it.said}, "a mail to the approver", 60)


def test_the_operator_reads_by_the_socket(server):
    done = server.run("runuser -u jonas -- lockboxctl request list -o json")
    assert [row["state"] for row in json.loads(done.stdout)] == ["approved"], done.stderr
    assert server.run("runuser -u jonas -- lockboxctl db status").returncode == 0
    assert server.run("runuser -u jonas -- psql lockbox -c 'DELETE FROM lockbox.request'").returncode != 0
    assert server.run("runuser -u nobody -- psql lockbox -c 'SELECT'").returncode != 0


def test_the_checks_of_the_night_say_how_they_ended(server):
    for check in ("rebuild", "reconcile", "verify"):
        text = server.run(f"cat /var/lib/lockbox-check/{check}.prom").stdout
        assert f'lockbox_check_exit_code{{check="audit {check}"}} 0' in text.splitlines(), text
    assert "lockbox-check.timer" in server.run("systemctl list-timers --no-pager").stdout


def test_credentials_are_read_by_nobody_else(server):
    assert server.run("runuser -u jonas -- cat /etc/lockbox/credentials/relay.database_url").returncode != 0
    assert stat.S_IMODE((server.root / "etc/lockbox/credentials").stat().st_mode) == 0o700


# ---- the authorizer, as the page says below ----


def test_the_authorizer_serves_by_the_folder_of_certificates(server, authority):
    folder, seen = "/etc/lockbox/credentials/clusters", "/run/credentials/lockbox@authorizer.service/clusters_"
    authority.certificate("authorizer.example")
    authority.certificate("customer.example")
    for name, file in (("tls.crt", "authorizer.example.crt"), ("tls.key", "authorizer.example.key"), ("client-ca.crt", "ca.pem"),
                       ("prod-ca.pem", "ca.pem"), ("prod.crt", "customer.example.crt"), ("prod.key", "customer.example.key")):
        server.put(f"{folder}/{name}", authority.read(file), 0o600)
    assert seen in PAGE.read_text()
    server.put(f"{folder}/clusters.json", json.dumps({"clusters": [{
        "id": "prod", "resource_id": "/subscriptions/5b8d1f6e/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro",
        "client_name": "kube-apiserver", "server": "https://api.prod.example:6443", "ca_file": f"{seen}prod-ca.pem",
        "certificate_file": f"{seen}prod.crt", "key_file": f"{seen}prod.key"}]}), 0o600)
    server.put("/etc/lockbox/authorizer.env", "LOCKBOX_HTTP_LISTEN=127.0.0.1:9107\nLOCKBOX_AUTHORIZER_LISTEN=127.0.0.1:8443\n", 0o644)
    done = server.run("systemctl start lockbox@authorizer", seconds=60)
    assert done.returncode == 0, done.stderr
    assert server.run("curl -s --cacert /etc/lockbox/ca.pem --resolve authorizer.example:8443:127.0.0.1 https://authorizer.example:8443/ "
                      "-o /dev/null -w '%{http_code}'").stdout != "000"


# ---- a step that was done wrong is seen ----


def test_a_file_that_others_read_is_found(server):
    server.run("chmod 0640 /etc/lockbox/credentials/relay.kafka_password")
    try:
        assert len([it for it in wrong_files(server) if "relay.kafka_password" in it]) == 1
    finally:
        server.run("chmod 0600 /etc/lockbox/credentials/relay.kafka_password")


def test_topics_are_not_made_by_whoever_may_not(server):
    [block] = [block for block in TYPED if "topics create" in block.text]
    done = server.type(block.text.replace("operator", "verify").replace("lockboxctl topics create", "lockboxctl topics create --dev --partitions 9"))
    assert done.returncode != 0


def test_a_worker_with_another_s_password_is_not_ready(server):
    path = "/etc/lockbox/credentials/decider.kafka_password"
    server.run(f"cp {path} /root/kept && cp /etc/lockbox/credentials/notifier.kafka_password {path} && systemctl restart --no-block lockbox@decider")
    try:
        wait_until(lambda: ready(server, "decider") == "503", "the decider is not ready", 60, every=0.5)
        assert server.run("systemctl is-active lockbox@decider").stdout.strip() != "active"
    finally:
        server.run(f"cat /root/kept > {path} && systemctl restart --no-block lockbox@decider")
    wait_until(lambda: ready(server, "decider") == "200", "the decider is ready again", 60, every=0.5)
