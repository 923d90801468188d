"""What stands within the pages' sentences: commands, settings, files and links are such as exist."""
import json
import re
import subprocess

import psycopg
import pytest

from pages import FENCE, PAGES, name_of
from support.stack import BINARIES, REPOSITORY

CTL = BINARIES / "lockboxctl"
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\](?:\(|: )([^)\s]+)(?:\)|$)", re.MULTILINE)
SETTING = re.compile(r"\bLOCKBOX_[A-Z0-9_]+\b")
OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")
FILE = re.compile(r"(?:common|deploy|docs|examples|schemas|services|tests|tools)/[\w./-]*[\w/]")

# In the environment of something else than workers and lockboxctl.
OTHERS = {"LOCKBOX_IMAGE": "docker-compose.yml", "LOCKBOX_BASE": "tools/dev/sbom.py", "LOCKBOX_DEBEZIUM_HOST": "deploy/debezium/outbox.json",
          "LOCKBOX_DEBEZIUM_PORT": "deploy/debezium/outbox.json", "LOCKBOX_DEBEZIUM_PASSWORD": "deploy/debezium/outbox.json",
          "LOCKBOX_DEV_DIR": "dev", "LOCKBOX_DEBEZIUM_": "docs/debezium.md", "LOCKBOX_": "docs/settings.md",
          "LOCKBOX_KAFKA_": "docs/settings.md", "LOCKBOX_TEST_SEED": "tests/model/conftest.py",
          "LOCKBOX_DEV_NEMESIS_SCHEDULE": "tests/nemesis/test_nemesis.py",
          "LOCKBOX_DEV_NEMESIS_SHRINK": "tests/nemesis/campaign/test_campaign.py"}


def sentences(page) -> str:
    return FENCE.sub("", page.read_text())


def spans(beginning: str = "") -> list[tuple[str, str]]:
    """Page and words of each piece of code within a sentence."""
    return sorted({(name_of(page), span) for page in PAGES for span in SPAN.findall(sentences(page)) if span.startswith(beginning)})


def run(*command) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, env={}).stdout


@pytest.fixture(scope="session")
def commands() -> list[str]:
    return re.findall(r"^  (\S.*?)  +\S", run(CTL, "--help"), re.MULTILINE)


@pytest.mark.parametrize("page, words", spans("lockboxctl "))
def test_lockboxctl(commands, page, words):
    rest = words.removeprefix("lockboxctl ")
    if rest == "COMMAND --help" or rest.startswith("--"):
        return
    found = [command for command in commands if f"{rest} ".startswith(f"{command} ")]
    assert found or any(command.startswith(f"{rest} ") for command in commands), rest
    if found:
        known = run(CTL, *max(found, key=len).split(), "--help")
        assert [option for option in OPTION.findall(rest) if option not in known] == []


@pytest.mark.parametrize("page, words", spans("./dev "))
def test_dev(page, words):
    command, *rest = words.removeprefix("./dev ").split()
    if command in ("--help", "COMMAND"):
        return
    known = run(REPOSITORY / "dev", command, "--help")
    if command == "bench" and rest:
        known += (REPOSITORY / f"tests/bench/{rest[0]}.py").read_text()
    assert [option for option in rest if option.startswith("--") and option not in known] == []
    if command == "test":
        groups = [line.split()[0] for line in (REPOSITORY / "tests/groups.txt").read_text().splitlines() if line[:1].isalpha()]
        assert [group for group in re.sub(r"--preset \S+", "", " ".join(rest)).split() if group not in [*groups, "…"]] == []
    if command == "bench":
        assert [name for name in rest if name[0] != "-" and not (REPOSITORY / f"tests/bench/{name}.py").exists()] == []


def settings() -> dict[str, dict]:
    return {row["name"]: row for row in json.loads(run(CTL, "config", "-o", "json"))}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_that_are_named_exist(page, stack):
    known = settings().keys() | stack.env.keys()
    named = set(SETTING.findall(page.read_text()))
    unknown = {name for name in named - known - OTHERS.keys() if name.removesuffix("_FILE") not in known
               and not name.startswith(("LOCKBOX_KAFKA_SASL_", "LOCKBOX_KAFKA_SSL_", "LOCKBOX_KAFKA_SECURITY_", "LOCKBOX_KAFKA_PARTITIONER"))}
    assert unknown == set()


def test_others_settings_exist():
    assert [name for name, file in OTHERS.items() if name not in (REPOSITORY / file).read_text()] == []


def test_the_page_of_settings_is_what_config_prints():
    page = (REPOSITORY / "docs/settings.md").read_text().replace("\\|", "/")
    rows = {name: (default.strip("`"), what) for name, default, what in re.findall(r"^\| (LOCKBOX_\w+) \| (.*?) ?\| (.*) \|$", page, re.MULTILINE)}
    assert rows == {name: (row["value"].replace("|", "/"), row["what"].replace("|", "/")) for name, row in settings().items()}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for link in LINK.findall(sentences(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, link


@pytest.mark.parametrize("page, words", [(page, words) for page, words in spans() if FILE.fullmatch(words)])
def test_files_exist(page, words):
    """A word in capitals stands for any name."""
    assert list(REPOSITORY.glob(re.sub(r"\b(TYPE|NAME|WORKER)\b", "*", words).rstrip("/"))), words


NOT_RUN = {"SELECT pg_drop_replication_slot('lockbox_outbox')": "tests/debezium",
           "SELECT … FROM lockbox.access_check(…)": "an abbreviation", "ALTER TABLE": "a kind of statement"}


@pytest.mark.parametrize("page, words", [(page, words) for page, words in spans()
                                         if re.match(r"(SELECT|INSERT|UPDATE|DELETE|ALTER|SET) \S", words)])
def test_sql(stack, page, words):
    """In one of the two databases, as its superuser, and taken back."""
    if words in NOT_RUN:
        return
    complaints = []
    for name in ("LOCKBOX_SUPERUSER_URL", "LOCKBOX_AUDIT_SUPERUSER_URL"):
        with psycopg.connect(stack.env[name]) as connection:
            try:
                connection.execute(words.encode())
                return
            except psycopg.Error as error:
                complaints.append(str(error))
            finally:
                connection.rollback()
    raise AssertionError(f"{words}: {complaints}")


ACTIONS = ("create_object", "update_object", "delete_object", "list_or_get_objects", "get_pod_logs")
RULE = "only namespaces openshift and openshift-…"
SHOWN = ["common/mail/templates/items.txt", "common/mail/templates/items.html", "common/mail/templates/digest.txt",
         "common/mail/templates/digest.html", "portal/lockbox_portal/templates/request.html",
         "portal/lockbox_portal/templates/overview.html", "tools/lockboxctl/audit/report/report.html", "tools/lockboxctl/audit/report/report.txt",
         "tools/lockboxctl/request/request.c", "common/core/creation.c"]


def words_of(path) -> str:
    return " ".join(path.read_text().replace("`", "").split())


def lists_actions(page) -> bool:
    return sum(action in page.read_text() for action in ACTIONS) > 1


@pytest.mark.parametrize("page", [page for page in PAGES if lists_actions(page)], ids=name_of)
def test_a_page_that_lists_actions_says_of_which_namespaces_logs_are(page):
    assert RULE in words_of(page)


def items_are_listed(path) -> bool:
    """Where an item is put in words for a person."""
    text = path.read_text()
    return any(name in text for name in ("{{#items}}", "{{#requests}}", "item.words", "lbx_item_words(&r->actions"))


def test_so_does_whatever_lists_items_for_people():
    """Mails, the portal's pages, request show and the report; the refusal's words are in creation.c."""
    found = {name_of(path) for folder in ("common", "portal", "tools") for ending in ("txt", "html", "c")
             for path in (REPOSITORY / folder).rglob(f"*.{ending}") if items_are_listed(path)}
    assert found == set(SHOWN) - {"common/core/creation.c"}
    assert [name for name in SHOWN if RULE not in words_of(REPOSITORY / name)] == []


def test_what_words_items_marks_them():
    """One function words an item, with its marks: nothing for people is made of an item's members by other means."""
    users = {name_of(path) for folder in ("common", "services", "tools") for path in (REPOSITORY / folder).rglob("*.c")
             if "lbx_item_words(" in path.read_text()}
    assert users >= {"common/mail/values.c", "common/mail/words.c", "tools/lockboxctl/request/request.c", "tools/lockboxctl/request/story.c",
                     "tools/lockboxctl/request/words.c", "tools/lockboxctl/audit/report.c"}
    for page in ("docs/forbidden.md", "docs/sql.md", "docs/lockboxctl.md", "docs/integrate/portals.md", "README.md"):
        words = words_of(REPOSITORY / page)
        assert re.search(r"runs? programs", words) and "outside the managed namespaces" in words, page
