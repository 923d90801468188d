"""What the pages say one may type, and this group does not: why not, and what does it instead.

Page, command as it stands there (of SQL its first line, without a comment): reason, and the test or the group.
"""
DOCKER = "needs a Docker engine"
TESTS = "runs the tests"
TREE = "reads the whole tree"
LONG = "takes minutes"

# Pages whose every command another group types, in order: on what, and where. Of these it leaves out what is below.
PAGES_ELSEWHERE = {"docs/operate.md": ("a bare server", "tests/operate/test_operate.py"),
                   "docs/integrate/http.md": ("needs a bridge", "tests/integrate/http/test_page.py")}
LEFT_OUT_THERE = {"flyway -url=jdbc:postgresql://db.example/lockbox -user=postgres -locations=filesystem:schemas/db/lockbox migrate":
                  ("needs Flyway", "tests/deploy/test_flyway.py")}

ELSEWHERE = {
    ("CONTRIBUTING.md", "./dev build"): (TESTS, ".ci/run"),
    ("CONTRIBUTING.md", "./dev test unit e2e"): (TESTS, ".ci/run"),
    ("CONTRIBUTING.md", "./dev check"): (TREE, "tools/dev/check.py"),
    ("CONTRIBUTING.md", "./dev up && eval \"$(./dev env)\""): ("has a stack of its own", "tests/dev/test_stack.py"),
    ("CONTRIBUTING.md", "./dev fmt"): (TREE, "tools/dev/check.py"),
    ("CONTRIBUTING.md", "ctest --test-dir build/release -R unit.rules --output-on-failure"): (TESTS, "tools/dev/test.py"),
    ("CONTRIBUTING.md", "./dev pytest tests/e2e/test_refusals.py -k duration"): (TESTS, "tests/e2e/test_refusals.py"),
    ("CONTRIBUTING.md", "./dev pytest tests/e2e/test_refusals.py --stack .dev"): (TESTS, "tests/e2e/test_refusals.py"),
    ("README.md", "./dev demo"): ("has a stack of its own", "tests/e2e/test_demo.py"),
    ("README.md", "./dev test"): (TESTS, ".ci/run"),
    ("docs/audit-recipes.md", "sql"): ("needs records to find", "tests/audit/models/test_recipes.py"),
    ("docs/audit.md", "LOCKBOX_GROUP_PREFIX=rebuild. LOCKBOX_CHECKPOINT_KEY_FILE= LOCKBOX_INSTANCE= auditor"):
        ("goes on until it is stopped", "tests/audit/test_store.py"),
    ("docs/audit.md", "SET ROLE lockbox_audit_owner;"): ("needs a month that is over", "tests/audit/test_store.py"),
    ("docs/audit.md", "ALTER TABLE audit_detached.event_2026_01 ADD COLUMN IF NOT EXISTS kafka_timestamp_ms bigint,"):
        ("needs a month that was detached", "tests/audit/test_store.py"),
    ("docs/containers.md", "docker build -t lockbox ."): (DOCKER, "tests/compose/run"),
    ("docs/containers.md", "docker run -d --read-only --cap-drop ALL -e LOCKBOX_KAFKA_BOOTSTRAP_SERVERS=… -v /etc/lockbox/database_url:"
     "/run/secrets/database_url -e LOCKBOX_DATABASE_URL_FILE=/run/secrets/database_url lockbox relay"):
        (DOCKER, "tests/compose/test_containers.py"),
    ("docs/containers.md", "BASE=debian:12-slim@$(docker buildx imagetools inspect debian:12-slim --format '{{.Manifest.Digest}}')"):
        (DOCKER, "tests/supply/test_supply.py"),
    ("docs/containers.md", "docker build -t lockbox --build-arg VERSION=0.1.0 --build-arg COMMIT=\"$(git rev-parse HEAD)\" --build-arg BASE=\"$BASE\" ."):
        (DOCKER, "tests/supply/test_supply.py"),
    ("docs/containers.md", "LOCKBOX_BASE=$BASE ./dev sbom"): (DOCKER, "tests/supply/test_supply.py"),
    ("docs/containers.md", "docker-compose up -d --build"): (DOCKER, "tests/compose/run"),
    ("docs/containers.md", "docker-compose ps"): (DOCKER, "tests/compose/run"),
    ("docs/containers.md", "docker-compose run --rm --no-deps setup lockboxctl request list"):
        (DOCKER, "tests/compose/test_lifecycle.py"),
    ("docs/containers.md", "git pull && docker-compose build && docker-compose up -d"): (DOCKER, "tests/compose/run"),
    ("docs/containers.md", "helm upgrade --install lockbox deploy/helm/lockbox --namespace lockbox --create-namespace -f values.yaml"):
        ("needs a cluster", "tests/deploy/test_helm.py"),
    ("docs/controls.md", "sql"): ("needs records to find", "tests/audit/models/test_recipes.py"),
    ("docs/debezium.md", "curl -X PUT -H 'Content-Type: application/json' --data @deploy/debezium/outbox.json "
     "http://connect.example:8083/connectors/lockbox-outbox/config"): ("needs Kafka Connect", "tests/debezium/conftest.py"),
    ("docs/lockboxctl.md", "lockboxctl partition skip lockbox.tickets.v1 3 40211 40211 --by 2c1f6b0e,jonas@lockbox.example "
     "--reason 'it inflates to 300 MB; sent again'"): ("needs a record that nobody can read", "tests/partitions/test_unreadable.py"),
    ("docs/lockboxctl.md", "lockboxctl partition accept lockbox.tickets.v1 3 --by 2c1f6b0e,jonas@lockbox.example "
     "--reason 'the topic was made again'"): ("needs a log that was replaced", "tests/partitions/test_wiped.py"),
    ("docs/production.md", "sql"): ("needs records to find", "tests/audit/models/test_recipes.py"),
    ("docs/security.md", "deploy/kafka/acls.sh --rules | lockboxctl topics grant"): ("needs a Kafka that knows rules", "tests/ops/test_secure.py"),
    ("docs/security.md", "deploy/kafka/acls.sh --bootstrap-server kafka:9093 --command-config admin.properties"):
        ("needs a Kafka that knows its users", "tests/ops/test_secure.py"),
    ("portal/README.md", "./dev demo --portal"): ("waits for a click", "tests/portal/test_demo.py"),
    ("portal/README.md", "./dev up --portal"): ("another stack", "tests/dev/test_portal.py"),
    **{(f"docs/integrate/{page}.md", command): (LONG, "tests/docs/long/test_long.py")
       for page, program, file in (("enforcement", "Enforcement", "access"), ("portals", "Portal", "tenant"),
                                   ("ticketing", "Ticketing", "ticket"))
       for command in ("mvn dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=lib",
                       "javac -cp 'lib/*' -d lib *.java", f"java -cp 'lib/*:lib' {program} ../{file}.json")},
}
