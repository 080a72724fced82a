"""Who waits for a run that this server works on reads nothing of it again: the cluster costs such a wait nothing."""

from pathlib import Path

import pytest
from cluster.worker import Config, opened

from orchestrator.identity.base import TENANT
from orchestrator.kernel.events import Event
from orchestrator.kernel.messages import user


async def test_a_run_of_this_server_is_not_read_again(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(str(tmp_path), "a", postgresql_url, pause=0.0)
    async with opened(config) as app:
        read, streams = app.journal.read, list[str]()

        async def noted(stream: str, after: int = 0) -> list[Event]:
            streams.append(stream)
            return await read(stream, after)

        monkeypatch.setattr(app.journal, "read", noted)
        run_id = await app.runs.start(user("go"), tenant=TENANT, subject="u", model="script")
        await app.runs.settled(run_id)
        await app.runs.settled(run_id)  # and once more, when nobody works on it any more
        view = await app.views.run(TENANT, run_id)
        assert (run_id not in streams and view.finished_at is not None) or view.status == "waiting"
