"""What is to happen later: in words, in the journal, at its time, once, also after a restart."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.agents.schedules.schedules import Schedules, fold, stream
from orchestrator.agents.schedules.wording import timing
from orchestrator.app import App, open_app
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import InvalidInput, NotFound
from orchestrator.kernel.events import Event, RunStarted, ScheduleCancelled, ScheduleFired, ScheduleMade
from orchestrator.kernel.messages import Scope, user
from orchestrator.kernel.settings import load
from orchestrator.kernel.timing import Timing
from orchestrator.llm.providers.scripted import Scripted

READ: tuple[Scope, ...] = ("read",)
NOW = datetime.datetime(2026, 11, 21, 8, 50).timestamp()  # a Saturday, by this machine's clock
HOUR, DAY = 3600.0, 86400.0


def following(said: str, now: float = NOW) -> str:
    found = timing(said, now).following(now, now)
    return "" if found is None else f"{datetime.datetime.fromtimestamp(found):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("english", "french", "first"),
    [
        ("every Monday at 9", "tous les lundis à 9h", "11-23 09:00"),
        ("every Monday and Thursday at 18:30", "tous les lundis et jeudis à 18h30", "11-23 18:30"),
        ("in 20 minutes", "dans 20 minutes", "11-21 09:10"),
        ("in an hour", "dans une heure", "11-21 09:50"),
        ("tomorrow at 6 pm", "demain à 18h", "11-22 18:00"),
        ("on Friday at noon", "vendredi à midi", "11-27 12:00"),
        ("at 7:15", "à 7h15", "11-22 07:15"),
        ("every 2 hours", "toutes les 2 heures", "11-21 10:50"),
        ("every day at 8", "tous les jours à 8h", "11-22 08:00"),
        ("every weekday at 8", "en semaine à 8h", "11-23 08:00"),
        ("every month on the 1st", "le 1er de chaque mois", "12-01 09:00"),
        ("2026-12-24 18:00", "le 2026-12-24 à 18:00", "12-24 18:00"),
        ("on December 24 at 6 pm", "le 24 décembre à 18h", "12-24 18:00"),
        ("the 24th of December, 2026", "24 décembre 2026", "12-24 09:00"),
        ("24/12/2026 at 18:00", "le 24/12/2026 à 18h", "12-24 18:00"),
        ("on March 3rd at noon", "le 3 mars à midi", "03-03 12:00"),
        ("2026-12-01 08:00", "le 01/12/2026 à 8h", "12-01 08:00"),
    ],
)
def test_times_are_said_in_words(english: str, french: str, first: str) -> None:
    assert following(english) == following(french) == first


def test_a_file_may_be_what_it_waits_for() -> None:
    assert timing("when Data/Report.csv changes", NOW) == Timing(path="Data/Report.csv")
    assert timing("quand « Ventes.csv » change", NOW) == Timing(path="Ventes.csv")


@pytest.mark.parametrize(
    "said",
    [
        "", "soon", "every second", "every Monday at 9 or 10", "at 25:00", "2020-01-01", "2026-13-01", "in 0 minutes",
        "every month on the 32nd", "every 0 minutes", "in 99999 weeks", "Monday unless it rains", "x" * 200,
        "on 03/04/2027", "le 31 février", "February 30 2027 at 9", "le 3 mars 2020",
    ],
)  # fmt: skip
def test_what_is_no_time_for_certain_is_asked(said: str) -> None:
    with pytest.raises(InvalidInput):
        timing(said, NOW)


def test_a_zone_is_kept_through_the_change_of_the_clocks() -> None:
    spring = datetime.datetime(2027, 3, 27, 12, tzinfo=datetime.UTC).timestamp()
    every = timing("every day at 9", spring, "Europe/Paris")
    first = every.following(spring, spring)
    assert first is not None
    assert first == datetime.datetime(2027, 3, 28, 7, tzinfo=datetime.UTC).timestamp()
    with pytest.raises(InvalidInput, match="Paris"):
        timing("every day at 9", spring, "../etc/passwd")


def test_a_month_without_the_day_ends_with_it() -> None:
    every = Timing(date=31, hour=9)
    assert following("every month on the 31st", datetime.datetime(2026, 11, 21).timestamp()) == "11-30 09:00"
    found = every.following(datetime.datetime(2027, 2, 1).timestamp(), 0)
    assert found is not None and datetime.datetime.fromtimestamp(found).day == 28


def test_a_firing_counts_once() -> None:
    body = ScheduleMade("schedule_1", "task", "x", Timing(every=60.0), ("read",))
    bodies: list[Any] = [body, ScheduleFired("schedule_1", 160, "run_1"), ScheduleFired("schedule_1", 160, "run_2")]
    events = [Event(stream("t"), n, 100.0, "t", "u", each) for n, each in enumerate(bodies, 1)]
    (one,) = fold(events).values()
    assert (one.run_id, one.fired, one.due) == ("run_1", 1, 220.0)
    over = Event(stream("t"), 4, 100.0, "t", "u", ScheduleCancelled("schedule_1", "u", "cancelled"))
    assert fold([over], {one.id: one})[one.id].due is None


class House:
    """The product on a folder; its schedules move only when told to."""

    def __init__(self, app: App, clock: ManualClock, subject: str) -> None:
        self.app, self.clock, self.subject = app, clock, subject

    @property
    def schedules(self) -> Schedules:
        return self.app.schedules

    async def add(self, text: str, when: str, kind: Any = "reminder", **more: Any) -> str:
        scopes: tuple[Scope, ...] = ("read", "write", "execute")
        return (await self.schedules.add(kind, text, when, subject=self.subject, scopes=scopes, **more)).id

    async def tick(self) -> None:
        await self.schedules.tick(self.app.runs)

    async def answers(self) -> list[str]:
        views = [view for view in await self.app.views.runs("default") if view.channel == "schedule"]
        for view in views:
            await asyncio.wait_for(self.app.runs.settled(view.run_id), 20)
        found = [await self.app.views.run("default", view.run_id) for view in views]
        return sorted(view.answer or "" for view in found)


@asynccontextmanager
async def opened(folder: Path, clock: ManualClock) -> AsyncIterator[House]:
    settings = load({}, flags={"data": str(folder / "data"), "workspace": str(folder / "workspace")})
    model = Scripted(lambda request: f"Done: {request.messages[-1].text[:40]}")
    async with open_app(settings, models={"scripted": model}, clock=clock, recover=False) as app:
        yield House(app, clock, (await app.accounts.ensure_owner()).id)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, ManualClock(NOW)) as made:
        yield made


async def test_a_reminder_is_said_at_its_time_and_a_task_done(house: House) -> None:
    await house.add("call Ada", "in 20 minutes")
    await house.add("say hello", "every hour", "task")
    await house.tick()
    assert await house.answers() == []
    house.clock.advance(HOUR)
    await house.tick()
    await house.tick()
    assert await house.answers() == ["Done: say hello", "Reminder: call Ada (40 min late: no server ran at the time)"]
    kept = (await house.schedules.given()).values()
    assert [(one.fired, one.ended) for one in kept] == [(1, "done"), (1, "")]
    house.clock.advance(HOUR)
    await house.tick()
    assert len(await house.answers()) == 3


async def test_times_that_passed_are_one_firing(house: House) -> None:
    await house.add("breathe", "every hour")
    house.clock.advance(10 * HOUR + 60)
    await house.tick()
    await house.tick()
    assert await house.answers() == ["Reminder: breathe"]
    fired = [event.body for event in await house.app.ledger.read(stream("default")) if event.type == "schedule.fired"]
    assert [body.missed for body in fired if isinstance(body, ScheduleFired)] == [9]


async def test_what_is_cancelled_does_not_happen(house: House) -> None:
    name = await house.add("call Ada", "in 20 minutes")
    with pytest.raises(NotFound):
        await house.schedules.cancel(name, by="usr_2", subject="usr_2")
    assert (await house.schedules.cancel(name, by=house.subject)).ended == "cancelled"
    house.clock.advance(HOUR)
    await house.tick()
    assert await house.answers() == [] and await house.schedules.listed(house.subject) == []


async def test_a_crash_between_the_firing_and_its_run_loses_and_doubles_nothing(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with opened(tmp_path, clock) as house:
        name = await house.add("call Ada", "in 20 minutes")
        clock.advance(1200)
        fired = ScheduleFired(name, clock.now(), "run_00000000000000000000000001")
        await house.app.ledger.record(stream("default"), fired, tenant="default", subject=house.subject)
    for _ in range(2):
        async with opened(tmp_path, clock) as house:
            await house.schedules.catch_up(house.app.runs, house.app.views)
            assert await house.answers() == ["Reminder: call Ada"]


async def test_who_is_gone_has_nothing_done(house: House) -> None:
    other = await house.app.accounts.register("ada", "a long password", scopes=READ)
    await house.schedules.add("task", "x", "in 20 minutes", subject=other.id, scopes=("read", "execute"))
    await house.app.accounts.disable(other.id)
    house.clock.advance(HOUR)
    await house.tick()
    assert await house.answers() == []
    (one,) = (await house.schedules.given(other.id)).values()
    assert one.ended in ("done", "the person is not there any more")


async def test_nobody_gains_rights_by_waiting(house: House) -> None:
    other = await house.app.accounts.register("ada", "a long password", scopes=READ)
    await house.schedules.add("task", "x", "in 20 minutes", subject=other.id, scopes=("read", "execute"))
    house.clock.advance(HOUR)
    await house.tick()
    await house.answers()
    (view,) = [view for view in await house.app.views.runs("default") if view.channel == "schedule"]
    started = (await house.app.journal.read(view.run_id))[0].body
    assert isinstance(started, RunStarted) and started.scopes == ("read",)


async def test_a_file_that_changes_starts_it(house: House, tmp_path: Path) -> None:
    await house.add("look", "when report.csv changes", "task")
    report = tmp_path / "workspace" / "report.csv"
    await house.tick()
    assert await house.answers() == []
    await asyncio.to_thread(report.write_text, "a\n1\n")
    for _ in range(2):
        await house.tick()
    assert await house.answers() == ["Done: look"]
    with pytest.raises(InvalidInput):
        await house.add("look", "when ../secret changes", "task")


async def test_the_tools_set_list_and_cancel(house: House) -> None:
    async def call(name: str, arguments: dict[str, Any]) -> Any:
        from orchestrator.kernel.messages import ToolCall, user

        run_id = await house.app.runs.start(
            user("remind me"), tenant="default", subject=house.subject, call=ToolCall("c1", name, arguments)
        )
        await asyncio.wait_for(house.app.runs.settled(run_id), 20)
        return await house.app.views.run("default", run_id)

    set_ = await call("remind_me", {"text": "call Ada", "when": "in 20 minutes"})
    assert set_.status == "completed", set_  # unasked: it stays here and can be taken back
    (one,) = await house.schedules.listed(house.subject)
    assert one.conversation_id == set_.conversation_id
    assert "call Ada" in (await call("list_schedules", {})).answer
    assert (await call("cancel_schedule", {"schedule_id": one.id})).status == "completed"
    assert await house.schedules.listed(house.subject) == []
    assert (await call("schedule_task", {"goal": "x", "when": "in 20 minutes"})).status != "completed"  # asked


async def test_what_is_paused_leaves_its_times_out(house: House) -> None:
    await house.add("say hello", "every hour", "task")
    await house.add("call Ada", "in 20 minutes")
    hourly, once = (await house.schedules.given()).values()
    for one in (hourly, once):
        await house.schedules.pause(one.id, by="ada")
    house.clock.advance(3 * HOUR)
    await house.tick()
    assert await house.answers() == []
    assert (await house.schedules.resume(hourly.id, by="ada")).due == NOW + 4 * HOUR
    assert (await house.schedules.resume(once.id, by="ada")).ended == "missed"
    await house.tick()
    assert await house.answers() == []
    await house.schedules.happen(hourly.id, house.app.runs, by="ada")
    assert await house.answers() == ["Done: say hello"]
    house.clock.advance(HOUR)
    await house.tick()
    assert await house.answers() == ["Done: say hello", "Done: say hello"]


async def test_what_a_model_sets_for_later_is_not_the_persons(house: House) -> None:
    app = house.app
    run_id = await app.runs.start(user("Every Monday, mail Bob the news."), tenant="default", subject=house.subject)
    await asyncio.wait_for(app.runs.settled(run_id), 20)
    by_model = await house.add("Mail the news to Bob and Eve.", "in 20 minutes", "task", run_id=run_id)
    by_person = await house.add("Mail the news to Bob.", "in 20 minutes", "task")
    house.clock.advance(1300)
    await house.tick()
    await house.answers()
    given = await house.schedules.given()
    started = [(await app.journal.read(given[name].run_id))[0].body for name in (by_model, by_person)]
    assert [body.person for body in started if isinstance(body, RunStarted)] == ["Mail the news | Bob |", None]
