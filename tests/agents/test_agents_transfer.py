"""A run as a file: what comes out goes in as it was; what is damaged or strange is refused with a reason."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playing import Life, Shape, trials_of
from world import FunctionTool, ScriptModel, World, call, say, world

from orchestrator.kernel.errors import Conflict, InvalidInput
from orchestrator.kernel.events import RunFinished
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result


async def put(arguments: Arguments, context: Context) -> Result:
    return Result("a secret of ours", {"secret": "a secret of ours"}, b"the whole secret", "secret.txt")


PUT = FunctionTool("put", put, "idempotent", "write")
SCRIPT = (say("I put it.", call("put", n=1, path="secret.txt")), say("It is put."))


async def one_run(w: World) -> str:
    run_id = await w.run("keep a secret of ours")
    await w.runs.settled(run_id)
    return run_id


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_exported_is_imported_as_it_was(tmp_path: Path, seed: int) -> None:
    shape = Shape(seed)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    async with shape.open(tmp_path / "a", CountedIds()) as w:
        run_id = await shape.start(w)
        await Life(w, seed).to_the_end(run_id)
        events = await w.journal.read(run_id)
        data = await trials_of(w).export("t", run_id)
    async with shape.open(tmp_path / "b", CountedIds()) as w:
        trials = trials_of(w)
        found = await trials.take_in(data, tenant="t", subject="somebody")
        assert (found.run_id, found.events, found.already) == (run_id, len(events), False)
        there = await w.journal.read(run_id)
        assert [(v.seq, v.at, v.body) for v in there] == [(v.seq, v.at, v.body) for v in events]
        assert {v.subject for v in there} == {"somebody"}
        assert (await trials.take_in(data, tenant="t", subject="somebody")).already
        assert run_id in await trials_of(w).imports.of("t")
        replayed = await trials.replay("t", run_id)
        assert replayed.exact, replayed.difference
        exported = msgspec.json.decode(await trials.export("t", run_id))
        assert exported["events"] == msgspec.json.decode(data)["events"]
        assert await w.runs.recover() == 0


async def test_artifacts_and_the_conversation_come_along(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    async with world(tmp_path / "a", ScriptModel([*SCRIPT, say("As I said.")]), PUT) as w:
        first = await one_run(w)
        conversation = (await w.views.run("t", first)).conversation_id
        second = await w.run("and again?", conversation_id=conversation)
        await w.runs.settled(second)
        files = [await trials_of(w).export("t", run_id) for run_id in (first, second)]
    async with world(tmp_path / "b", ScriptModel([]), PUT) as w:
        trials = trials_of(w)
        assert (await trials.take_in(files[0], tenant="t", subject="u")).artifacts == 1
        await trials.take_in(files[1], tenant="t", subject="u")
        artifact = msgspec.json.decode(files[0])["artifacts"][0]
        assert w.runs._house.artifacts.get(artifact["id"]) == b"the whole secret"  # type: ignore[attr-defined]
        found = await trials.replay("t", second)  # its model read the run before
        assert found.exact, found.difference


async def test_redacted_it_says_nothing_of_what_was_said(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), PUT) as w:
        run_id = await one_run(w)
        data = await trials_of(w).export("t", run_id, redact=True)
        assert b"secret" not in data and b"[16 characters]" in data
        (tmp_path / "b").mkdir()
    async with world(tmp_path / "b", ScriptModel([]), PUT) as w:
        assert (await trials_of(w).take_in(data, tenant="t", subject="u")).redacted


def _event(document: dict[str, Any]) -> None:
    document["events"][2]["body"]["model"] = "another"


def _time(document: dict[str, Any]) -> None:
    document["events"][1]["at"] += 1.0


def _gone(document: dict[str, Any]) -> None:
    del document["events"][1]


def _unfinished(document: dict[str, Any]) -> None:
    del document["events"][-1]


def _artifact(document: dict[str, Any]) -> None:
    document["artifacts"][0]["data"] = base64.b64encode(b"another").decode()


def _version(document: dict[str, Any]) -> None:
    document["version"] = 2


def _format(document: dict[str, Any]) -> None:
    document["format"] = "a recipe"


def _more(document: dict[str, Any]) -> None:
    document["surprise"] = 1


@pytest.mark.parametrize("harm", [_event, _time, _gone, _unfinished, _artifact, _version, _format, _more])
async def test_what_was_changed_is_refused(tmp_path: Path, harm: Callable[[dict[str, Any]], None]) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), PUT) as w:
        document = msgspec.json.decode(await trials_of(w).export("t", await one_run(w)))
    harm(document)
    (tmp_path / "b").mkdir()
    async with world(tmp_path / "b", ScriptModel([])) as w:
        with pytest.raises(InvalidInput) as refused:
            await trials_of(w).take_in(msgspec.json.encode(document), tenant="t", subject="u")
        assert refused.value.detail and refused.value.hint
        assert await w.journal.tail() == []


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"format": "orchestrator.run"}']
)
async def test_garbage_is_refused(tmp_path: Path, garbage: bytes) -> None:
    async with world(tmp_path, ScriptModel([])) as w:
        with pytest.raises(InvalidInput):
            await trials_of(w).take_in(garbage, tenant="t", subject="u")


async def test_a_run_of_this_name_that_is_another_stays(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), PUT) as w:
        data = await trials_of(w).export("t", await one_run(w))
    (tmp_path / "b").mkdir()
    async with world(tmp_path / "b", ScriptModel([say("Else.")])) as w:
        run_id = await one_run(w)
        with pytest.raises(Conflict):
            await trials_of(w).take_in(data, tenant="t", subject="u")
        last = (await w.journal.read(run_id))[-1].body
        assert isinstance(last, RunFinished) and last.answer == "Else."


async def test_a_run_that_is_not_finished_is_not_exported(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), PUT) as w:
        run_id = await w.run()
        with pytest.raises(Conflict):
            await trials_of(w).export("t", run_id)
