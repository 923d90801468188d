"""What goes to another machine is encrypted, unless the operator says that it need not be: no stack needed."""
import subprocess

import pytest

from support.stack import BINARIES

ELSEWHERE = "203.0.113.7"  # of documentation: nobody is there, and nobody is asked
DATABASES = {
    f"postgresql://x@{ELSEWHERE}/lockbox": False,
    f"postgresql://x@127.0.0.1,{ELSEWHERE}/lockbox": False,
    f"postgresql://x@db.example/lockbox?hostaddr={ELSEWHERE}": False,
    f"postgresql://x@{ELSEWHERE}/lockbox?sslmode=require": False,
    f"postgresql://x@{ELSEWHERE}/lockbox?sslmode=verify-full&connect_timeout=2": True,
    f"postgresql://x@localhost,{ELSEWHERE}/lockbox?sslmode=verify-ca": False,
    f"host=127.0.0.1 hostaddr={ELSEWHERE} dbname=lockbox": False,
    f"host={ELSEWHERE} dbname=lockbox sslmode=prefer": False,
    "postgresql:///lockbox?service=elsewhere": False,
    "postgresql://x@localhost/lockbox?service=elsewhere": False,
    "postgresql://x@127.0.0.1:1/lockbox": True,
    "postgresql:///lockbox?host=/nowhere": True,
}
# What PostgreSQL's own variables make of a URL that leaves it out.
VARIABLES = [{"PGHOST": ELSEWHERE}, {"PGHOSTADDR": ELSEWHERE}, {"PGHOST": ELSEWHERE, "PGSSLMODE": "require"}, {"PGSERVICE": "elsewhere"}]
SERVERS = {
    (f"{ELSEWHERE}:9092", "PLAINTEXT"): False,
    (f"127.0.0.1:1,{ELSEWHERE}:9092", "PLAINTEXT"): False,
    (f"PLAINTEXT://{ELSEWHERE}:9092", "sasl_plaintext"): False,
    ("127.0.0.1.evil.example:9092", "PLAINTEXT"): False,
    ("127.0.0.1.7:9092", "PLAINTEXT"): False,
    ("localhost:1,[::1]:1,127.0.0.1:1", "PLAINTEXT"): True,
}


def lockboxctl(*arguments, **settings) -> subprocess.CompletedProcess:
    return subprocess.run([BINARIES / "lockboxctl", *arguments], env=settings, capture_output=True, text=True, timeout=120)


def refused(done: subprocess.CompletedProcess) -> bool:
    return done.returncode == 2 and "LOCKBOX_ALLOW_PLAINTEXT" in done.stderr


@pytest.fixture(scope="module", autouse=True)
def services(tmp_path_factory):
    """A service file that leads elsewhere."""
    file = tmp_path_factory.mktemp("services") / "services"
    file.write_text(f"[elsewhere]\nhostaddr={ELSEWHERE}\n")
    return {"PGSERVICEFILE": str(file), "PGCONNECT_TIMEOUT": "2"}


@pytest.mark.parametrize("command", [("request", "list"), ("db", "migrate"), ("audit", "rebuild", "--check")], ids=" ".join)
@pytest.mark.parametrize("url", DATABASES)
def test_a_database_elsewhere_is_reached_by_tls_alone(url, command, services):
    if DATABASES[url] and command != ("request", "list"):
        return  # what is let through is asked once: a time-out each
    assert refused(lockboxctl(*command, LOCKBOX_DATABASE_URL=url, LOCKBOX_AUDIT_DATABASE_URL=url, **services)) is not DATABASES[url]


@pytest.mark.parametrize("variables", VARIABLES, ids=" ".join)
def test_nor_by_variables_that_say_less(variables, services):
    assert refused(lockboxctl("request", "list", LOCKBOX_DATABASE_URL="postgresql:///lockbox", **variables, **services))


@pytest.mark.parametrize(("servers", "protocol"), SERVERS)
def test_kafka_elsewhere_is_reached_by_tls_alone(servers, protocol):
    done = lockboxctl("topics", "check", LOCKBOX_KAFKA_BOOTSTRAP_SERVERS=servers, LOCKBOX_KAFKA_SECURITY_PROTOCOL=protocol)
    assert ("LOCKBOX_ALLOW_PLAINTEXT" in done.stderr) is not SERVERS[servers, protocol] and done.returncode != 0


@pytest.mark.parametrize("off", [{"LOCKBOX_KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION": "false"},
                                 {"LOCKBOX_KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM": "none"}], ids=" ".join)
def test_kafka_elsewhere_is_known_by_its_certificate(off):
    """TLS to whoever answers is as good as none."""
    given = {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": f"{ELSEWHERE}:9092", "LOCKBOX_KAFKA_SECURITY_PROTOCOL": "SSL", **off}
    done = lockboxctl("topics", "check", **given)
    assert done.returncode != 0 and "LOCKBOX_ALLOW_PLAINTEXT" in done.stderr


def test_an_alarm_goes_elsewhere_by_tls_alone(tmp_path):
    def monitor(url: str) -> subprocess.CompletedProcess:
        return lockboxctl("audit", "monitor", "--checkpoint", tmp_path / "seen", "--webhook", url, LOCKBOX_AUDIT_DATABASE_URL="host=/nowhere",
                          LOCKBOX_CHECKPOINT_VKEYS_FILE=str(tmp_path / "vkeys"))
    (tmp_path / "vkeys").write_text(lockboxctl("keygen", tmp_path / "key.pem").stdout)
    for url in (f"http://{ELSEWHERE}/alarms", f"http://127.0.0.1@{ELSEWHERE}/", f"http://127.0.0.1.{ELSEWHERE}/", ELSEWHERE):
        done = monitor(url)
        assert done.returncode == 2 and "--webhook" in done.stderr, url
    for url in ("http://127.0.0.1:1/", "http://localhost", "http://[::1]:80/?q", "https://alarms.example/"):
        assert monitor(url).returncode == 3, url


def test_the_operator_may_say_that_it_need_not_be():
    done = lockboxctl("request", "list", LOCKBOX_DATABASE_URL=f"postgresql://x@{ELSEWHERE}:1/lockbox?connect_timeout=2", LOCKBOX_ALLOW_PLAINTEXT="yes")
    assert done.returncode == 3
    assert lockboxctl("config", LOCKBOX_ALLOW_PLAINTEXT="maybe").returncode == 2


LOCAL = {"LOCKBOX_DATABASE_URL": "postgresql://x@127.0.0.1:1/lockbox", "LOCKBOX_AUDIT_DATABASE_URL": "postgresql://x@127.0.0.1:1/audit",
         "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "LOCKBOX_SMTP_URL": "smtp://127.0.0.1:1?tls=off"}
ELSE = {
    "LOCKBOX_DATABASE_URL": (f"postgresql://x@{ELSEWHERE}/lockbox", {"requester", "decider", "expirer", "relay", "notifier", "authorizer"}),
    "LOCKBOX_AUDIT_DATABASE_URL": (f"postgresql://x@{ELSEWHERE}/audit?sslmode=verify-ca", {"auditor"}),
    "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": (f"{ELSEWHERE}:9092", {"requester", "decider", "relay", "notifier", "auditor", "authorizer"}),
    "LOCKBOX_SMTP_URL": (f"smtp://127.0.0.1:1?tls=off,smtp://{ELSEWHERE}:25?tls=off", {"notifier"}),
}


@pytest.fixture(scope="module")
def authorizing(tmp_path_factory):
    """What an authorizer asks for besides."""
    folder = tmp_path_factory.mktemp("authorizing")
    (folder / "clusters.json").write_text('{"clusters": []}')
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=authorizer", "-keyout", folder / "some.key",
                    "-out", folder / "some.crt"], check=True, capture_output=True)
    return {"LOCKBOX_AUTHORIZER_LISTEN": "127.0.0.1:0", "LOCKBOX_CLUSTERS_FILE": str(folder / "clusters.json"),
            "LOCKBOX_AUTHORIZER_KEY_FILE": str(folder / "some.key"),
            **{f"LOCKBOX_AUTHORIZER_{name}_FILE": str(folder / "some.crt") for name in ("CERTIFICATE", "CLIENT_CA")}}


@pytest.mark.parametrize(("worker", "setting"), [(worker, setting) for setting, (_, workers) in ELSE.items() for worker in sorted(workers)])
def test_a_worker_does_not_start(worker, setting, authorizing):
    """Exit status 2: no waiting mends it."""
    done = subprocess.run([BINARIES / worker], env={**LOCAL, **authorizing, setting: ELSE[setting][0]}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "LOCKBOX_ALLOW_PLAINTEXT" in done.stderr, done.stderr
