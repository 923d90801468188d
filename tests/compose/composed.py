"""The containers of docker-compose.yml, as docker-compose and the engine show them, and what is published on loopback."""
import email
import email.policy
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from support.broker import Feed, Publisher, complaints
from support.mail import Mail
from support.system import System
from support.sql import Database
from support.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
WORKERS = ["requester", "decider", "expirer", "relay", "notifier", "auditor"]
ONCE = ["roles", "setup"]
SECRETS = Path(os.environ["SECRETS_DIR"])


def run(*command: str) -> str:
    """Its output. What it was given as settings, it finds in the environment (COMPOSE_FILE, SECRETS_DIR, …)."""
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def compose(*arguments: str) -> str:
    return run("docker-compose", *arguments)


def container_id(service: str) -> str:
    """Of the one container of a service, whether it runs or has ended."""
    project = os.environ.get("COMPOSE_PROJECT_NAME", REPOSITORY.name)
    [found] = run("docker", "ps", "-aq", "--no-trunc", "--filter", f"label=com.docker.compose.project={project}",
                  "--filter", f"label=com.docker.compose.service={service}").split()
    return found


def container(service: str) -> dict:
    """As docker inspect shows it."""
    [found] = json.loads(run("docker", "inspect", container_id(service)))
    return found


def execute(service: str, *command: str) -> str:
    """A command's output, run in the service's container."""
    return run("docker", "exec", container_id(service), *command)


def logs(service: str) -> str:
    done = subprocess.run(["docker", "logs", container_id(service)], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def health(service: str) -> str:
    return container(service)["State"]["Health"]["Status"]


def await_healthy(*services: str, seconds: float = 300) -> None:
    for service in services:
        wait_until(lambda: health(service) == "healthy", f"{service} healthy", seconds, every=0.5)


def published(service: str, port: int) -> str:
    """host:port on this machine of a container's port."""
    [binding] = container(service)["NetworkSettings"]["Ports"][f"{port}/tcp"]
    return f"{binding['HostIp']}:{binding['HostPort']}"


def page(address: str, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def secret(name: str) -> str:
    return (SECRETS / name).read_text()


def database_url(role: str, password_of: str, database: str) -> str:
    return f"postgresql://{role}:{secret(f'{password_of}_password')}@{published('postgres', 5432)}/{database}"


class ComposedSystem(System):
    """As the other tests reach it, over the published ports; mails come from Mailpit's API."""

    def __init__(self):
        bootstrap = published("kafka", 29092)
        self.publisher = Publisher(bootstrap)
        self.events = Feed(bootstrap, "lockbox.events.v1", complaints)
        self.deadletters = Feed(bootstrap, "lockbox.deadletter.v1")
        self.lockbox = Database(database_url("postgres", "postgres", "lockbox"))
        self.audit = Database(database_url("postgres", "postgres", "audit"))
        self.enforcer = Database(database_url("lockbox_enforcer", "enforcer", "lockbox"))
        self.auditor = Database(database_url("lockbox_auditor", "auditor", "audit"))

    def mails(self, recipient: str) -> list[Mail]:
        mail = published("mail", 8025)
        found = json.loads(page(mail, "/api/v1/messages")[1])["messages"]
        ids = [message["ID"] for message in found if recipient in (to["Address"] for to in message["To"])]
        return [Mail(email.message_from_bytes(page(mail, f"/api/v1/message/{id}/raw")[1], policy=email.policy.default))
                for id in ids]
