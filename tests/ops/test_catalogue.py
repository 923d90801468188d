"""What lockboxctl takes for the audit database's catalogue is what the scripts make, also in a server that is used."""
import subprocess
import sys

import pytest

from support.stack import REPOSITORY

from test_schema import PSQL, Fresh

sys.path.insert(0, str(REPOSITORY / "tools/dev"))
import catalogue  # noqa: E402


@pytest.fixture(scope="module")
def made(stack) -> list[str]:
    database = Fresh(stack, "audit")
    database.migrate()
    lines = catalogue.made(lambda *arguments: subprocess.run([PSQL, database.url, "-qtAX", *arguments], check=True,
                                                             stdout=subprocess.PIPE, text=True).stdout)
    database.drop()
    return lines


def test_recorded_is_what_the_scripts_make(made):
    assert set(made) ^ set(catalogue.RECORDED.read_text().splitlines()[1:]) == set(), "./dev catalogue records it anew"


def test_it_has_every_kind_of_object(made):
    kinds = {line.split()[0] for line in made}
    assert {"schema", "table", "view", "function", "policy", "trigger", "index"} <= kinds
    assert "table event_MONTH" in {line.split("\t")[0] for line in made}
