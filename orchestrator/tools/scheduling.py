"""Tools for later: reminders and tasks, through what keeps them, which app.py hands in."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import InvalidInput, NotFound, ToolRetry
from orchestrator.kernel.messages import Scope
from orchestrator.kernel.timing import Timing
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples import schedule as said

Kind = Literal["reminder", "task"]


class Kept(Protocol):
    """A schedule, as far as it is said here."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def text(self) -> str: ...
    @property
    def timing(self) -> Timing: ...
    @property
    def ended(self) -> str: ...
    @property
    def fired(self) -> int: ...
    @property
    def due(self) -> float | None: ...


class Keeper(Protocol):
    async def of_run(self, run_id: str) -> tuple[str, tuple[Scope, ...], str]: ...

    async def add(
        self,
        kind: Kind,
        text: str,
        when: str,
        *,
        subject: str,
        scopes: tuple[Scope, ...],
        conversation_id: str,
        zone: str,
        name: str,
        run_id: str,
    ) -> Kept: ...

    async def listed(self, subject: str) -> Sequence[Kept]:
        """Those of a person that are not over."""

    async def cancel(self, schedule_id: str, *, by: str, subject: str | None) -> Kept: ...


class Planned(msgspec.Struct, frozen=True):
    id: str
    kind: Kind
    text: str
    when: Annotated[str, Meta(description="in words")]
    next: Annotated[str, Meta(description="the next time, in the machine's time zone; empty: it cannot be foreseen")]
    fired: Annotated[int, Meta(description="how often it happened")] = 0
    ended: str = ""

    def __str__(self) -> str:
        following = f"; next: {self.next}" if self.next else ""
        return f"{self.id}: {self.kind} {self.when}{following}: {self.text}"


class PlannedList(msgspec.Struct, frozen=True):
    schedules: list[Planned]

    def __str__(self) -> str:
        return "\n".join(map(str, self.schedules)) or "Nothing is scheduled."


class Reminder(msgspec.Struct, frozen=True):
    text: str

    def __str__(self) -> str:
        return f"Reminder: {self.text}"


When = Annotated[
    str,
    Meta(
        description="in words, English or French: in 20 minutes, tomorrow at 18:00, every Monday at 9, every 2 hours,"
        " when report.csv changes; or 2027-01-31 08:00",
        min_length=2,
        max_length=200,
    ),
]
Zone = Annotated[str, Meta(description="such as Europe/Paris; the machine's when not said", max_length=60)]


def scheduling(keeper: Keeper) -> Sequence[Tool]:
    return (*_adding(keeper), *_looking_after(keeper), say_reminder)


async def _kept(keeper: Keeper, kind: Kind, text: str, when: str, zone: str, context: Context) -> Planned:
    subject, scopes, conversation = await keeper.of_run(context.run_id)
    name = f"schedule_{context.key[:26]}"
    try:
        found = await keeper.add(
            kind, text, when, subject=subject, scopes=scopes, conversation_id=conversation, zone=zone, name=name,
            run_id=context.run_id,
        )  # fmt: skip
    except InvalidInput as error:
        why = "" if zone else "not_a_time"
        raise ToolRetry(error.detail, hint=error.hint, why=why, when=when) from None
    return planned(found)


def _adding(keeper: Keeper) -> Sequence[Tool]:
    @tool(
        scope="write",
        effects="idempotent",
        category="schedule",
        examples=said.REMIND_ME,
        answers={
            "en": "I will remind you {when}: {text}.[ Next: {next}.] ({id})",
            "fr": "Rappel noté : {text}.[ Prochain : {next}.] ({id})",
        },
    )
    async def remind_me(
        text: Annotated[str, Meta(description="of what", min_length=1, max_length=2000)],
        when: When,
        context: Context,
        zone: Zone = "",
    ) -> Planned:
        """Remind the person of something later, once or again and again."""
        return await _kept(keeper, "reminder", text, when, zone, context)

    @tool(
        scope="execute",
        effects="idempotent",
        category="schedule",
        examples=said.SCHEDULE_TASK,
        answers={
            "en": "Scheduled {when}: {text}.[ Next: {next}.] ({id})",
            "fr": "Planifié : {text}.[ Prochaine fois : {next}.] ({id})",
        },
    )
    async def schedule_task(
        goal: Annotated[str, Meta(description="what an agent is to do then", min_length=1, max_length=4000)],
        when: When,
        context: Context,
        zone: Zone = "",
    ) -> Planned:
        """Let an agent do something later, once, again and again, or whenever a file changes."""
        return await _kept(keeper, "task", goal, when, zone, context)

    return (remind_me, schedule_task)


def _looking_after(keeper: Keeper) -> Sequence[Tool]:
    @tool(
        category="schedule",
        origin="file",  # what it is of may have been read somewhere
        examples=said.LIST_SCHEDULES,
        answers={
            "en": "[{*schedules {text}: {when} `{id}`*}|Nothing is scheduled.]",
            "fr": "[{*schedules {text} : {next} `{id}`*}|Rien n'est planifié.]",
        },
    )
    async def list_schedules(context: Context) -> PlannedList:
        """List the reminders and tasks that are still to come."""
        subject, _, _ = await keeper.of_run(context.run_id)
        return PlannedList([planned(one) for one in await keeper.listed(subject)])

    @tool(
        scope="write",
        effects="idempotent",
        category="schedule",
        examples=said.CANCEL_SCHEDULE,
        answers={"en": "Cancelled: {text} ({id}).", "fr": "Annulé : {text} ({id})."},
    )
    async def cancel_schedule(
        schedule_id: Annotated[str, Meta(description="as list_schedules shows it", min_length=1, max_length=100)],
        context: Context,
    ) -> Planned:
        """Cancel a reminder or a task that is still to come."""
        subject, _, _ = await keeper.of_run(context.run_id)
        try:
            return planned(await keeper.cancel(schedule_id, by=subject, subject=subject))
        except NotFound as error:
            raise ToolRetry(error.detail, hint="list_schedules shows what there is.") from None

    return (list_schedules, cancel_schedule)


@tool(
    category="schedule",
    examples=said.SAY_REMINDER,
    answers={"en": "Reminder: {text}", "fr": "Rappel : {text}"},
)
async def say_reminder(text: Annotated[str, Meta(description="of what", min_length=1, max_length=3000)]) -> Reminder:
    """Say a reminder whose time has come; remind_me sets one."""
    return Reminder(text)


def planned(one: Kept) -> Planned:
    moment = datetime.datetime.fromtimestamp(one.due) if one.due is not None else None
    following = f"{moment:%Y-%m-%d %H:%M}" if moment else ""
    return Planned(one.id, one.kind, one.text, str(one.timing), following, one.fired, one.ended)
