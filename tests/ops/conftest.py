"""One stack for all of these tests: its Kafka and PostgreSQL speak TLS only, ask for passwords and allow what is granted."""
import sys
from pathlib import Path

import confluent_kafka
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.group import pytest_addoption, pytest_ignore_collect, system, stack_of  # noqa: E402, F401


@pytest.fixture(scope="session")
def librdkafka(tmp_path_factory) -> Path:
    """A directory with the library that the Python client brings along: Debian 12's cannot do SCRAM with Kafka 4."""
    [library] = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka-*.so.1")
    directory = tmp_path_factory.mktemp("librdkafka")
    (directory / "librdkafka.so.1").symlink_to(library)
    return directory


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory, librdkafka):
    with stack_of(request, tmp_path_factory, options=("--secure",), LOCKBOX_MAIL_RETRY="PT1S",
                  LOCKBOX_DEV_LIBRDKAFKA=str(librdkafka)) as stack:
        yield stack
