"""The stack of ./dev up --secure: its Kafka and PostgreSQL speak TLS only, ask for passwords and allow what is granted."""
from pathlib import Path

import confluent_kafka
import pytest

from .group import stack_of


@pytest.fixture(scope="session")
def librdkafka(tmp_path_factory) -> Path:
    """A directory with the library that the Python client brings along: Debian 12's cannot do SCRAM with Kafka 4."""
    [library] = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka-*.so.1")
    directory = tmp_path_factory.mktemp("librdkafka")
    (directory / "librdkafka.so.1").symlink_to(library)
    return directory


@pytest.fixture(scope="session")
def stack(request, tmp_path_factory, librdkafka):
    if request.config.getoption("--stack"):
        with stack_of(request, tmp_path_factory) as stack:
            yield stack
        return
    with stack_of(request, tmp_path_factory, options=("--secure",), LOCKBOX_MAIL_RETRY="PT1S", LOCKBOX_LOG_LEVEL="debug",
                  LOCKBOX_DEV_LIBRDKAFKA=str(librdkafka)) as stack:
        yield stack
