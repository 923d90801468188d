"""The three programs of each language speak TLS and know their password by the workers' settings; deploy/kafka/acls.sh is
enough for them, and no more than that."""
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest
from programs import LANGUAGES, Programs, finish
from test_examples import access_of, tenant_of, ticket_of

MECHANISM = {"python": "SCRAM-SHA-512", "java": "SCRAM-SHA-512", "go": "PLAIN"}  # the Go client has no SCRAM of its own


class Principals(Programs):
    """Those of one language, each as the principal of its name."""

    def as_itself(self, program: str) -> dict[str, str]:
        password = Path(self.stack.env["LOCKBOX_KAFKA_SASL_PASSWORD_FILE"]).with_name(f"{program}_password")
        return {"LOCKBOX_KAFKA_SASL_USERNAME": program, "LOCKBOX_KAFKA_SASL_PASSWORD_FILE": str(password),
                "LOCKBOX_KAFKA_SASL_MECHANISM": MECHANISM[self.language], "LOCKBOX_ENFORCER_URL": self.enforcer()}

    def enforcer(self) -> str:
        """With the password in the URL, which all three drivers read."""
        url = urlsplit(self.stack.env["LOCKBOX_ENFORCER_URL"])
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        lines = (line.split(":") for line in Path(given["passfile"]).read_text().splitlines())
        password = next(line[4] for line in lines if line[3] == url.username)
        address = f"{url.username}:{password}@{url.hostname}:{url.port}"
        return urlunsplit(url._replace(netloc=address, query=f"sslmode=verify-full&sslrootcert={given['sslrootcert']}"))

    def start(self, program: str, about: dict, **settings: str):
        return super().start(program, about, **{**self.as_itself(program), **settings})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_lifecycle(language, stack, tmp_path):
    subscription = str(uuid.uuid4())
    ticket, tenant = ticket_of(subscription), tenant_of(subscription)
    programs = Principals(language, stack, tmp_path)
    portal = programs.start("portal", tenant)
    assert portal.stdout.readline().strip() == f"Lockbox is on for {subscription}"
    asking = programs.start("ticketing", ticket)
    assert finish(portal, "approve Go ahead.\n")[1][-1] == "verdict: applied"
    assert finish(asking)[0] == 0
    exit_code, lines = programs.run("enforcement", access_of(ticket))
    assert (exit_code, lines[1]) == (0, "doing get_pod_logs")
