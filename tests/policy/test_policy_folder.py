"""The folder of policies while the product is open: taken up, refused when wrong, said in the journal once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from contracts.rule import call_of
from msgspec.structs import replace

from orchestrator.app import App, open_app
from orchestrator.kernel.errors import InvalidSettings
from orchestrator.kernel.events import Event, PolicyChanged
from orchestrator.kernel.settings import load
from orchestrator.policy.layers.folder import STREAM

NO_SHELL = '@id("no_shell") forbid(principal, action, resource == Tool::"execute_command");'
INTERNS = '@id("interns") forbid(principal in Role::"interns", action, resource);'
UNASKED = '@id("docs") @unasked permit(principal, action, resource == Tool::"http_request");'
Opening = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    @asynccontextmanager
    async def opened(**options: object) -> AsyncIterator[App]:
        settings = load({}, flags={"data": str(tmp_path / "data"), "tools": {"sandbox": "none"}})
        async with open_app(settings, **options) as app:  # type: ignore[arg-type]
            yield app

    return opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data" / "policy"
    made.mkdir(parents=True)
    return made


def verdict(app: App, subject: str = "user_1") -> str:
    call = call_of(app.settings.workspace, "execute_command", {"command": "ls"}, "execute", "once")
    return app.policy.decide(replace(call, subject=subject)).verdict


async def changes(app: App) -> list[PolicyChanged]:
    return [event.body for event in await app.ledger.read(STREAM) if isinstance(event.body, PolicyChanged)]


async def test_files_are_taken_up_and_the_old_ones_stay_where_one_is_wrong(opening: Opening, folder: Path) -> None:
    async with opening(recover=False) as app:
        assert verdict(app) == "allow" and await changes(app) == []
        (folder / "base.cedar").write_text(NO_SHELL + UNASKED)
        assert await app.policies.reload() and verdict(app) == "deny"
        (folder / "base.cedar").write_text("permit(")
        assert not await app.policies.reload() and verdict(app) == "deny"
        assert "base.cedar, line 1" in app.policies.layers.problem
        (folder / "base.cedar").unlink()
        assert await app.policies.reload() and verdict(app) == "allow" and not app.policies.layers.problem
        good, bad, gone = await changes(app)
    assert (good.policies, good.loosening, good.problem) == (2, ("base.cedar#docs",), "")
    assert bad.files == good.files and "unexpected" in bad.problem
    assert gone == PolicyChanged({}, 0)


async def test_it_is_said_once_and_nothing_starts_with_what_is_wrong(opening: Opening, folder: Path) -> None:
    (folder / "base.cedar").write_text(NO_SHELL)
    for _ in range(2):
        async with opening(recover=False) as app:
            assert verdict(app) == "deny" and len(await changes(app)) == 1
    (folder / "base.cedar").write_text("nonsense")
    with pytest.raises(InvalidSettings, match=r"base\.cedar, line 1"):
        async with opening(recover=False):
            pass


async def test_whoever_comes_later_has_their_role_at_once(opening: Opening, folder: Path) -> None:
    (folder / "base.cedar").write_text(INTERNS)
    (folder / "roles.toml").write_text('interns = ["ada", "bob"]')
    async with opening(recover=False) as app:
        ada = await app.accounts.register("ada", None)
        assert verdict(app, ada.id) == "deny" and verdict(app) == "allow"
    async with opening(recover=False) as app:
        assert verdict(app, ada.id) == "deny"


async def test_the_folder_is_watched(opening: Opening, folder: Path) -> None:
    changed = asyncio.Event()

    def observe(events: list[Event]) -> None:
        if any(isinstance(event.body, PolicyChanged) for event in events):
            changed.set()

    async with opening(observe=observe) as app:
        while not changed.is_set():  # the watcher may need a moment to be there: touch it again
            (folder / "base.cedar").write_text(NO_SHELL)
            try:
                await asyncio.wait_for(changed.wait(), 0.2)
            except TimeoutError:
                continue
        assert verdict(app) == "deny"
