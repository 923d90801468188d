"""A stack of its own: what is sent here is no other test's to find."""
import pytest

from support.group import stack_of


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory):
    with stack_of(request, tmp_path_factory, LOCKBOX_MAIL_RETRY="PT1S") as stack:
        yield stack
