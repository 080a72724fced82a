"""The chat WebSocket: several runs at once on one socket, each told as frames.

One task reads, one writes, one follows each run, until the socket joins the others that watch it (`audience.py`).
All that is said goes through one short queue: when the reader at the other end is slow, the queue is full and the
runs' followers wait; the runs do not. Closing the socket ends nothing but the telling.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, Field, ValidationError
from starlette.websockets import WebSocket

from orchestrator.api import steering
from orchestrator.api.access import allow, app_of, audiences_of, reach, still, streams_of
from orchestrator.api.bodies import decoded
from orchestrator.api.connection import PREPARED
from orchestrator.api.forms import AnswerForm, ChatForm, EditForm, Form, Identifier, NoteForm, SayForm, SetForm
from orchestrator.api.frames import Frame, Translator, encode, error_frame
from orchestrator.api.runs import begin, place
from orchestrator.api.security import chosen_protocol
from orchestrator.api.streams import PULSE, QUEUE, SIGNED_OUT, batch, followed, raise_unexpected
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import InvalidInput, NotAuthenticated, OrchestratorError
from orchestrator.kernel.events import Delta, Event

FOLLOWED = 64  # runs followed on one socket at most

Told: TypeAlias = tuple[Translator, Event | Delta]


class WatchForm(Form):
    run_id: Identifier
    after: int = Field(default=0, ge=0, lt=2**53)


class ApproveForm(AnswerForm):
    approval_id: Identifier


class CancelForm(Form):
    run_id: Identifier


class SayToForm(SayForm):
    run_id: Identifier


class PauseForm(NoteForm):
    run_id: Identifier


class SetRunForm(SetForm):
    run_id: Identifier


class EditCallForm(EditForm):
    approval_id: Identifier


class Close(msgspec.Struct, frozen=True):
    code: int


class Following(msgspec.Struct, eq=False):
    told: Translator
    task: asyncio.Task[None] | None = None  # none: the audience tells it


class Socket:
    def __init__(self, websocket: WebSocket) -> None:
        self._socket = websocket
        self._prepared: Callable[[bytes], bool] | None = (
            websocket.scope.get("extensions", {}).get(PREPARED, {}).get("take")
        )
        self._audiences = audiences_of(websocket)
        self._app = app_of(websocket)
        self._caller: Principal = websocket.scope["state"]["principal"]
        self._check = still(websocket)
        self._queue: asyncio.Queue[Told | Frame | Close] = asyncio.Queue(QUEUE)
        self._following: dict[str, Following] = {}
        self._over = asyncio.Event()
        self._code = SIGNED_OUT
        self._takes: dict[str, tuple[type[BaseModel], Callable[[Any], Awaitable[None]]]] = {
            "message": (ChatForm, self._say),
            "watch": (WatchForm, self._watch),
            "approve": (ApproveForm, self._approve),
            "cancel": (CancelForm, self._cancel),
            "say": (SayToForm, self._say_to),
            "pause": (PauseForm, self._pause),
            "continue": (CancelForm, self._continue),
            "set": (SetRunForm, self._set),
            "edit": (EditCallForm, self._edit),
        }

    async def serve(self) -> None:
        await self._socket.accept(chosen_protocol(self._socket.headers))
        work = [asyncio.create_task(part) for part in (self._read(), self._write(), self._pulse(), self._ending())]
        with streams_of(self._socket).joined(self._caller.session_id, "websocket", self._end):
            try:
                await asyncio.wait(work[:2], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for run_id in self._following:
                    self._audiences.leave(run_id, self)
                tasks = [*work, *(following.task for following in self._following.values() if following.task)]
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
        raise_unexpected(ended)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                await self._take(message.get("text"))
            except (OrchestratorError, ValidationError) as error:
                await self._tell(error)

    async def _take(self, text: str | None) -> None:
        form, act = self._takes_of(_decoded(text))
        await act(form)

    def _takes_of(self, said: dict[str, Any]) -> tuple[BaseModel, Callable[[Any], Awaitable[None]]]:
        kind = said.pop("type", "message")
        if not isinstance(kind, str) or kind not in self._takes:
            raise InvalidInput(f"There is no frame of type {kind!r}.", hint=f"One of {', '.join(self._takes)}.")
        form, act = self._takes[kind]
        return form.model_validate(said), act

    async def _say(self, form: ChatForm) -> None:
        allow(self._caller, "execute")
        self._make_room()
        run_id = await begin(self._app, self._caller, form, form.message)
        self._follow(run_id, Translator())

    async def _watch(self, form: WatchForm) -> None:
        allow(self._caller, "read")
        view = await self._app.views.run(self._caller.tenant, form.run_id, reach(self._caller))
        if (before := self._following.pop(form.run_id, None)) is not None:
            self._audiences.leave(form.run_id, self)
            if before.task is not None:
                before.task.cancel()
        self._make_room()
        after = await place(self._app, form.run_id, form.after)
        self._follow(form.run_id, Translator(view.conversation_id, after))

    async def _approve(self, form: ApproveForm) -> None:
        allow(self._caller, "execute")
        caller = self._caller
        await self._app.views.approval(caller.tenant, form.approval_id, reach(caller))
        tenant, by = caller.tenant, caller.id
        answer = self._app.runs.answer
        await answer(form.approval_id, form.answer, tenant=tenant, by=by, note=form.note, content=form.content)

    async def _cancel(self, form: CancelForm) -> None:
        allow(self._caller, "execute")
        await self._app.views.run(self._caller.tenant, form.run_id, reach(self._caller))
        await self._app.runs.cancel(form.run_id, tenant=self._caller.tenant, by=self._caller.id)

    async def _say_to(self, form: SayToForm) -> None:
        allow(self._caller, "execute")
        if form.urgency == "queue":
            self._make_room()
        run_id = await steering.say(self._app, self._caller, form.run_id, form)
        if run_id != form.run_id:
            self._follow(run_id, Translator())

    async def _pause(self, form: PauseForm) -> None:
        allow(self._caller, "execute")
        await steering.pause(form.run_id, self._app, self._caller, form)

    async def _continue(self, form: CancelForm) -> None:
        allow(self._caller, "execute")
        await steering.go_on(form.run_id, self._app, self._caller)

    async def _set(self, form: SetRunForm) -> None:
        allow(self._caller, "execute")
        await steering.set_run(self._app, self._caller, form.run_id, form)

    async def _edit(self, form: EditCallForm) -> None:
        allow(self._caller, "execute")
        await steering.edit(form.approval_id, form, self._app, self._caller)

    def _make_room(self) -> None:
        if len(self._following) >= FOLLOWED:
            raise InvalidInput(f"This socket follows {FOLLOWED} runs.", hint="Open another one.")

    def _follow(self, run_id: str, told: Translator) -> None:
        following = self._following[run_id] = Following(told)
        following.task = asyncio.create_task(self._told(run_id, told))
        following.task.add_done_callback(lambda _: self._followed(run_id, following))

    def _followed(self, run_id: str, ended: Following) -> None:
        if self._following.get(run_id) is ended and ended.task is not None:
            del self._following[run_id]

    async def _told(self, run_id: str, told: Translator) -> None:
        with self._audiences.alone(run_id):
            async with aclosing(followed(self._app.runs, run_id, told.seq)) as items:  # type: ignore[type-var]
                async for item in items:
                    if isinstance(item, Exception):
                        await self._tell(item, run_id)
                    else:
                        await self._queue.put((told, item))

    # As a member of audiences.

    def _join(self, items: list[Told | Frame | Close]) -> None:
        """All that was queued is written: be told the runs of these items with all the others who watch them."""
        for run_id, told in {_run(item[1]): item[0] for item in items if isinstance(item, tuple)}.items():
            following = self._following.get(run_id)
            if following is None or following.told is not told or (task := following.task) is None:
                continue
            if self._audiences.join(run_id, told, self):
                following.task = None
                task.cancel()

    def take(self, prepared: bytes) -> bool:
        return self._queue.empty() and self._prepared is not None and self._prepared(prepared)

    def apart(self, run_id: str, told: Translator) -> None:
        self._follow(run_id, told)

    def ended(self, run_id: str) -> None:
        self._following.pop(run_id, None)

    async def _tell(self, error: Exception, run_id: str | None = None) -> None:
        await self._queue.put(error_frame(error, self._app.clock.now(), run_id))

    async def _write(self) -> None:
        while True:
            items = await batch(self._queue)
            for item in self._frames(items):
                if isinstance(item, Close):
                    return await self._socket.close(item.code)
                await self._socket.send({"type": "websocket.send", "text": encode(item).decode()})
            if self._prepared is not None and self._queue.empty():
                self._join(items)

    def _frames(self, items: list[Told | Frame | Close]) -> list[Frame | Close]:
        """The frames of a batch: neighbours of one run are translated, and joined, together."""
        out: list[Frame | Close] = []
        now = self._app.clock.now()
        run: list[Event | Delta] = []
        for at, item in enumerate(items):
            if not isinstance(item, tuple):
                out.append(item)
                continue
            run.append(item[1])
            following = items[at + 1] if at + 1 < len(items) else None
            if not (isinstance(following, tuple) and following[0] is item[0]):
                out.extend(item[0].frames(run, now))
                run = []
        return out

    async def _pulse(self) -> None:
        """Ends the socket once nobody is signed in any more."""
        while not self._over.is_set():
            await self._app.clock.sleep(PULSE)
            try:
                await self._check()
            except NotAuthenticated as error:
                await self._tell(error)
                self._end(SIGNED_OUT)

    def _end(self, code: int) -> None:
        self._code = code
        self._over.set()

    async def _ending(self) -> None:
        await self._over.wait()
        await self._queue.put(Close(self._code))


def _run(item: Event | Delta) -> str:
    return item.stream if isinstance(item, Event) else item.run_id


def _decoded(text: str | None) -> dict[str, Any]:
    try:
        said = decoded(text) if text is not None else None
    except ValueError as error:
        raise InvalidInput("This frame is not JSON.", hint=str(error)) from error
    if not isinstance(said, dict):
        raise InvalidInput("A frame is a JSON object, sent as text.")
    return said


async def socket(websocket: WebSocket) -> None:
    await Socket(websocket).serve()
