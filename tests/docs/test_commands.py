"""Every command that a page shows is run as it stands there, or is in elsewhere.py with the test that runs it."""
from urllib.parse import urlsplit

import pytest

from elsewhere import ELSEWHERE, LEFT_OUT_THERE, PAGES_ELSEWHERE
from pages import COMMANDS, PAGES, SHOWN, Block, all_blocks, blocks, matches
from support.audit import await_auditor
from support.events import Outgoing
from support.system import System
from support.scenario import Tenant
from support.stack import REPOSITORY
from support.traffic import await_quiet, unread
from support.waiting import wait_until

# The page that stops the stack comes last.
IN_ORDER = sorted(PAGES, key=lambda page: page.name == "CONTRIBUTING.md")
TYPED = [block for page in IN_ORDER for block in blocks(page)
         if block.language in COMMANDS and (block.page not in PAGES_ELSEWHERE or block.language != "sh")]


def is_elsewhere(block: Block) -> bool:
    """Of SQL: the whole of it."""
    return (block.page, "sql") in ELSEWHERE and block.info == "sql" or (block.page, block.commands[0]) in ELSEWHERE


def here(block: Block) -> str:
    """The block without the commands that are run elsewhere."""
    text = block.text
    for command in block.commands:
        if (block.page, command) in ELSEWHERE:
            text = without(text, command)
    return "\n".join(line.removeprefix("$ ") for line in text.splitlines()
                     if block.language != "console" or line.startswith("$ "))


def without(text: str, command: str) -> str:
    lines = text.replace("\\\n", " ").splitlines()
    return "\n".join(line for line in lines if not " ".join(line.split()).startswith(command))


def test_every_block_says_what_it_is():
    assert [f"{block}: {block.info!r}" for block in all_blocks() if block.language not in COMMANDS | SHOWN] == []
    assert [str(block) for block in TYPED if block.language == "sql" and block.info == "sql" and not is_elsewhere(block)] == []


def test_what_is_run_elsewhere_stands_on_its_page_and_there():
    there = {(block.page, command) for block in TYPED for command in block.commands}
    there |= {(block.page, "sql") for block in TYPED if block.info == "sql"}
    assert set(ELSEWHERE) - there == set()
    apart = {command for page in PAGES for block in blocks(page) if block.page in PAGES_ELSEWHERE for command in block.commands}
    assert set(LEFT_OUT_THERE) - apart == set()
    named = [*ELSEWHERE.values(), *PAGES_ELSEWHERE.values(), *LEFT_OUT_THERE.values()]
    assert [by for _, by in named if not (REPOSITORY / by).exists()] == []


# ---- what the pages take for granted ----


@pytest.fixture(scope="module")
def request_(system):
    """One that was asked for, mailed about and granted."""
    request = Tenant(system).request()
    request.approve()
    await_quiet(system)
    return request


def server_of(stack) -> str:
    return urlsplit(stack.env["LOCKBOX_SUPERUSER_URL"]).netloc.rpartition("@")[2]


@pytest.fixture
def replaced(stack, system):
    """Page → what it makes up for its example, and what it is here."""
    def some_partition() -> str:
        return str(system.events.records[0].partition)
    return {
        "docs/audit.md": lambda: {"127.0.0.1:5432": server_of(stack)},
        "docs/transparency.md": lambda: {"--partition 3 --offsets 1000..1999": f"--partition {some_partition()} --offsets 0..0"},
    }


def reject_two(system: System) -> None:
    """Records that end in quarantine."""
    before = len(system.deadletters.where(lambda record: True))
    for key in ("T-2", "T-3"):
        system.publisher.send(Outgoing("lockbox.tickets.v1", key, b"nonsense", (("content-type", b"application/json"),)))
    wait_until(lambda: len(system.deadletters.where(lambda record: True)) >= before + 2, "both are rejected")


BEFORE = {"docs/lockboxctl.md": reject_two}


def await_handled(system: System) -> None:
    """What people do between two blocks: whatever was published is read, acted upon, told and audited."""
    wait_until(lambda: not unread(system), "all is read")
    await_quiet(system)
    await_auditor(system)


@pytest.fixture
def fresh(place, system, request_, request):
    """A page begins in a new shell, which knows the id of a request."""
    block = request.getfixturevalue("block")
    if block == next(it for it in TYPED if it.page == block.page):
        place.begin(REQUEST=request_.id)
        BEFORE.get(block.page, lambda system: None)(system)


@pytest.mark.parametrize("block", TYPED, ids=str)
def test_block(block, fresh, place, system, request_, replaced):
    if block.language == "sql":
        if not is_elsewhere(block):
            done = place.psql(block.text, *block.who, request=request_.id)
            assert done.returncode == 0, done.stderr
        return
    text = here(block)
    for example, value in replaced.get(block.page, dict)().items():
        text = text.replace(example, value)
    done = place.run(text)
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    if block.output:
        assert matches(block.output, done.stdout), f"{block} shows something else than\n{done.stdout}"
    if block.page != "CONTRIBUTING.md":
        await_handled(system)
