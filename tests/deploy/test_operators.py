"""deploy/kubernetes/overlays/operators: what Strimzi and CloudNativePG take, and what Lockbox is made with elsewhere."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource
from test_deploy import DEPLOY, REPOSITORY, WORKERS, is_somebody, run, selects

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.stack import BINARIES, Stack  # noqa: E402

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def manifests() -> list[dict]:
    return list(yaml.safe_load_all(run("kustomize", "build", DEPLOY / "kubernetes/overlays/operators")))


def of_kind(manifests: list[dict], *kinds: str) -> dict[str, dict]:
    return {manifest["metadata"]["name"]: manifest for manifest in manifests if manifest["kind"] in kinds}


def of_group(manifests: list[dict], group: str) -> list[dict]:
    return [manifest for manifest in manifests if manifest["apiVersion"].startswith(f"{group}/")]


# Strimzi

def read_by_strimzi(resources: list[dict]) -> subprocess.CompletedProcess:
    arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    return subprocess.run([f"/usr/lib/jvm/java-17-openjdk-{arch}/bin/java", "-cp", f"{os.environ['LOCKBOX_DEV_STRIMZI_JARS']}/*",
                           HERE / "strimzi/Read.java"], input="".join(f"{json.dumps(it)}\n" for it in resources), capture_output=True, text=True)


def test_strimzi_reads_every_member(manifests):
    resources = of_group(manifests, "kafka.strimzi.io")
    assert {it["apiVersion"] for it in resources} == {"kafka.strimzi.io/v1"}
    done = read_by_strimzi(resources)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(f"read {it['kind']}" for it in resources)


def test_what_strimzi_does_not_know_is_found(manifests):
    kafka = json.loads(json.dumps(of_kind(manifests, "Kafka")["kafka"]))
    kafka["spec"]["kafka"]["listeners"][0]["tsl"] = True
    assert "unknown Kafka.Spec.Kafka.Listeners.tsl" in read_by_strimzi([kafka]).stdout
    del kafka["spec"]["kafka"]["listeners"][0]["tsl"]
    kafka["spec"]["kafka"]["listeners"][0]["port"] = "encrypted"
    assert read_by_strimzi([kafka]).returncode != 0


def test_principals_may_what_acls_sh_grants(manifests):
    """All but trials, who are for nobody where customers are."""
    rules = [line.split() for line in run(DEPLOY / "kafka/acls.sh", "--rules").splitlines()]
    wanted = {(who.removeprefix("User:"), *rule) for who, *rule in rules if who != "User:trials"}
    found = set()
    for name, user in of_kind(manifests, "KafkaUser").items():
        assert user["spec"]["authentication"] == {"type": "tls"}
        for acl in user["spec"]["authorization"]["acls"]:
            on = acl["resource"]
            pattern = {"prefix": "prefixed"}.get(on.get("patternType"), "literal")
            found |= {(name, operation, on["type"], pattern, on.get("name", "kafka-cluster")) for operation in acl["operations"]}
    assert found == wanted


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, tuple[int, dict]]:
    """Partitions and configuration of what `topics create` makes, on a broker."""
    stack = Stack(tmp_path_factory.mktemp("topics"))
    try:
        stack.up("kafka")
        done = subprocess.run([BINARIES / "lockboxctl", "topics", "create", "--dev"], capture_output=True, text=True, env=stack.worker_environment())
        assert done.returncode == 0, done.stderr
        admin = AdminClient({"bootstrap.servers": stack.env["LOCKBOX_KAFKA_BOOTSTRAP_SERVERS"]})
        topics = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=30).topics.items() if name.startswith("lockbox.")}
        asked = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics])
        return {resource.name: (topics[resource.name], {it.name: it.value for it in answer.result(30).values()
                                                         if it.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value})
                for resource, answer in asked.items()}
    finally:
        stack.wipe()


def test_topics_are_as_lockboxctl_makes_them(manifests, made):
    """But for three replicas, two of which have a record, where a stack on one machine has one."""
    topics = of_kind(manifests, "KafkaTopic")
    assert {topic["spec"]["replicas"] for topic in topics.values()} == {3}
    assert {topic["spec"]["config"]["min.insync.replicas"] for topic in topics.values()} == {2}
    found = {name: (topic["spec"]["partitions"], {key: value if isinstance(value, str) else json.dumps(value)
                                                  for key, value in {**topic["spec"]["config"], "min.insync.replicas": 1}.items()})
             for name, topic in topics.items()}
    assert found == made


def test_kafka_and_the_databases_are_reached_by_somebody(manifests):
    """A listener without peers takes everybody (Strimzi), and a database's pods have no policy but ours."""
    [kafka] = of_kind(manifests, "Kafka").values()
    for listener in kafka["spec"]["kafka"]["listeners"]:
        assert listener["networkPolicyPeers"] and all(map(is_somebody, listener["networkPolicyPeers"]))
    workers = {"app.kubernetes.io/name": "lockbox"}
    assert any(selects(peer.get("podSelector", {"matchLabels": {"x": "y"}}), workers) for peer in listener["networkPolicyPeers"])
    policies = [it["spec"] for it in manifests if it["kind"] == "NetworkPolicy"]
    for name in of_kind(manifests, "Cluster"):
        [policy] = [it for it in policies if selects(it["podSelector"], {"cnpg.io/cluster": name})]
        assert policy["policyTypes"] == ["Ingress"] and all(map(is_somebody, [peer for rule in policy["ingress"] for peer in rule["from"]]))


# CloudNativePG

def unknown(value, schema: dict, path: str = "") -> list[str]:
    """Members that the schema has not: an API server drops them, and warns."""
    if isinstance(value, list):
        return [it for entry in value for it in unknown(entry, schema.get("items", {}), path)]
    if not isinstance(value, dict) or "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields"):
        return []
    known = schema.get("properties", {})
    return [f"{path}.{name}" for name in value if name not in known and path + name != "metadata"] + [
        it for name in value if name in known and name != "metadata" for it in unknown(value[name], known[name], f"{path}.{name}")]


@pytest.fixture(scope="module")
def crd() -> dict:
    file = Path(os.environ["LOCKBOX_DEV_CNPG"]) / "config/crd/bases/postgresql.cnpg.io_clusters.yaml"
    [version] = [it for it in yaml.safe_load(file.read_text())["spec"]["versions"] if it["name"] == "v1"]
    return version["schema"]["openAPIV3Schema"]


def test_cloudnativepg_takes_the_clusters(manifests, crd):
    clusters = of_group(manifests, "postgresql.cnpg.io")
    assert sorted(it["metadata"]["name"] for it in clusters) == ["audit-db", "lockbox-db"]
    for cluster in clusters:
        jsonschema.validate(cluster, crd)
        assert unknown(cluster, crd) == []
        assert cluster["spec"]["instances"] == 3 and cluster["spec"]["postgresql"]["synchronous"] == {"method": "any", "number": 1}


def test_what_cloudnativepg_does_not_know_is_found(manifests, crd):
    cluster = json.loads(json.dumps(of_group(manifests, "postgresql.cnpg.io")[0]))
    cluster["spec"]["postgresql"]["synchronus"] = {}
    assert unknown(cluster, crd) == [".spec.postgresql.synchronus"]
    cluster["spec"]["instances"] = "three"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(cluster, crd)


def test_logins_are_those_of_roles_sql(manifests):
    """Each in its own database's server."""
    text = (DEPLOY / "compose/roles.sql").read_text()
    for name, database in (("lockbox-db", "lockbox"), ("audit-db", "audit")):
        [granted] = re.findall(rf"^GRANT CONNECT ON DATABASE {database} TO ([^;]+);", text, re.MULTILINE)
        roles = of_group(manifests, "postgresql.cnpg.io")
        [cluster] = [it for it in roles if it["metadata"]["name"] == name]
        assert {role["name"] for role in cluster["spec"]["managed"]["roles"] if role["login"]} == set(re.findall(r"\w+", granted))


# Lockbox

@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_kubernetes_takes_the_rest(manifests, version):
    rest = [it for it in manifests if not re.search(r"strimzi\.io|cnpg\.io", it["apiVersion"])]
    assert len(rest) > 10
    for manifest in rest:
        kubernetes_validate.validate(manifest, version, strict=True)


def of_namespace(manifests: list[dict], namespace: str) -> list[dict]:
    return [manifest for manifest in manifests if manifest["metadata"].get("namespace") == namespace]


def files_of(manifest: dict) -> tuple[dict[str, str], list[str]]:
    """What a pod reads: the secret of each file that is named, and the secrets that are there whole."""
    [volume] = manifest["spec"]["template"]["spec"]["volumes"]
    assert volume["projected"]["defaultMode"] == 0o440
    sources = [source["secret"] for source in volume["projected"]["sources"]]
    return ({item["path"]: secret["name"] for secret in sources for item in secret.get("items", [])},
            [secret["name"] for secret in sources if "items" not in secret])


def test_each_worker_has_its_own_certificate_and_whom_to_trust(manifests):
    """Files of the settings' names, of the user that Strimzi made for this worker, and of nobody else."""
    pods = of_kind(of_namespace(manifests, "lockbox"), "Deployment", "Job")
    assert pods.keys() == {f"lockbox-{name}" for name in [*WORKERS, "setup"]}
    users = of_kind(manifests, "KafkaUser")
    for name, manifest in pods.items():
        worker = name.removeprefix("lockbox-")
        files, whole = files_of(manifest)
        assert whole == [name]
        if worker != "expirer":
            user = {"setup": "operator"}.get(worker, worker)
            assert user in users and files["kafka.crt"] == files["kafka.key"] == user and files["kafka-ca.crt"] == "kafka-cluster-ca-cert"
        database = {"auditor": "audit-db"}.get(worker, "lockbox-db")
        assert {path: files[path] for path in files if "db-ca" in path} == {f"{database}-ca.crt": f"{database}-ca"}


def test_all_are_in_one_of_two_namespaces(manifests):
    found = {(it["metadata"].get("namespace"), it["metadata"]["name"]) for it in of_group(manifests, "postgresql.cnpg.io")}
    assert found == {("lockbox", "lockbox-db"), ("lockbox-audit", "audit-db")}
    assert {it["metadata"].get("namespace") for it in manifests} == {"lockbox", "lockbox-audit"}
    owners = {it["metadata"]["name"]: it["spec"]["bootstrap"]["initdb"]["owner"] for it in of_group(manifests, "postgresql.cnpg.io")}
    assert owners == {"lockbox-db": "lockbox_dba", "audit-db": "audit_dba"}


def test_each_database_is_migrated_in_its_namespace(manifests):
    """By a job that knows the one superuser's password, and nothing of the other database."""
    for namespace, name, database, other in (("lockbox", "lockbox-setup", "lockbox", "AUDIT_DATABASE"), ("lockbox-audit", "audit-setup", "audit", "_DATABASE")):
        [job] = [it for it in of_namespace(manifests, namespace) if it["kind"] == "Job"]
        [container] = job["spec"]["template"]["spec"]["containers"]
        mine = "LOCKBOX_AUDIT_DATABASE_URL_FILE" if database == "audit" else "LOCKBOX_DATABASE_URL_FILE"
        assert job["metadata"]["name"] == name and [it["name"] for it in container["env"]] == [mine]
        assert f"db migrate --only {database}" in " ".join(container["command"])
        files, whole = files_of(job)
        assert whole == [name] and {it for it in files.values() if it.endswith("db-ca")} == {f"{database}-db-ca"}
        assert container["image"] == "images.example/lockbox:1.0"


def lets(policies: list[dict], direction: str, mine: tuple[str, dict], other: tuple[str, dict], port: int) -> bool:
    """Whether the policies of a pod's namespace let it speak to another, or be spoken to. A pod: its namespace and its labels."""
    of_pod = [it["spec"] for it in policies if it["metadata"]["namespace"] == mine[0] and selects(it["spec"]["podSelector"], mine[1])
              and direction in it["spec"]["policyTypes"]]
    def is_peer(peer: dict) -> bool:
        spaces = peer.get("namespaceSelector")
        in_space = selects(spaces, {"kubernetes.io/metadata.name": other[0]}) if spaces is not None else other[0] == mine[0]
        return "ipBlock" not in peer and in_space and selects(peer.get("podSelector", {}), other[1])
    key, peers = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}[direction]
    return not of_pod or any(any(map(is_peer, rule[peers])) and any(it["port"] == port for it in rule["ports"])
                             for spec in of_pod for rule in spec.get(key, []))


def test_who_reaches_which_database(manifests):
    policies = [it for it in manifests if it["kind"] == "NetworkPolicy"]
    databases = {name: (namespace, {"cnpg.io/cluster": name}) for namespace, name in (("lockbox", "lockbox-db"), ("lockbox-audit", "audit-db"))}
    pods = {it["metadata"]["name"]: (it["metadata"]["namespace"], it["spec"]["template"]["metadata"]["labels"])
            for it in manifests if it["kind"] in ("Deployment", "Job")}
    found = {(name, database) for name, pod in pods.items() for database, server in databases.items()
             if lets(policies, "Egress", pod, server, 5432) and lets(policies, "Ingress", server, pod, 5432)}
    assert found == {("lockbox-auditor", "audit-db"), ("audit-setup", "audit-db"),
                     *((f"lockbox-{name}", "lockbox-db") for name in [*WORKERS, "setup"] if name != "auditor")}
    operator = "cnpg-system", {"app.kubernetes.io/name": "cloudnative-pg"}
    assert all(lets(policies, "Ingress", server, operator, port) for server in databases.values() for port in (5432, 8000))
    assert all(lets(policies, "Ingress", server, server, 5432) for server in databases.values())
    assert not lets(policies, "Ingress", databases["audit-db"], ("lockbox", {"app.kubernetes.io/component": "relay"}), 5432)
    kafka = "lockbox", {"strimzi.io/cluster": "kafka"}
    assert all(lets(policies, "Egress", pod, kafka, 9093) for name, pod in pods.items() if name != "audit-setup")
