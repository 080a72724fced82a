"""Real servers for the cluster's tests: NATS here, PostgreSQL for everyone."""

from collections.abc import Iterator

import pytest
from servers.nats import NatsServer


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.stop()
