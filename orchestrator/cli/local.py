"""The product in this process, for as long as one command: the API's own operations, without HTTP.

Only the run of this command works here. Others that were interrupted stay as they are until a
server starts or `runs resume` names them: a command that ends at once must not begin their work.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from pydantic import BaseModel

from orchestrator.api import conversations, runs, system, tools, wire
from orchestrator.api.frames import delta_json, event_json
from orchestrator.api.wire import AnswerForm, CallForm, RunForm
from orchestrator.app import App, open_app
from orchestrator.identity.base import Principal, User
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.events import Answer, Approvals, Event
from orchestrator.kernel.messages import Json, Scope
from orchestrator.kernel.settings import Settings
from orchestrator.telemetry.logs import attach


def _json(model: BaseModel) -> Json:
    return model.model_dump(mode="json")


class Local:
    def __init__(self, app: App, caller: Principal, stack: AsyncExitStack) -> None:
        self.where = str(app.settings.data)
        self._app = app
        self._caller = caller
        self._stack = stack

    @classmethod
    async def open(cls, settings: Settings, *, verbose: bool) -> "Local":
        stack = AsyncExitStack()
        if verbose:
            stack.enter_context(attach(settings.telemetry))
        app = await stack.enter_async_context(open_app(settings, recover=False))
        return cls(app, await app.accounts.owner(), stack)

    async def close(self) -> None:
        await self._stack.aclose()

    # ── runs ────────────────────────────────────────────────────────────────────────────────────
    async def start(self, goal: str, *, conversation_id: str | None, model: str | None, approvals: Approvals) -> Json:
        form = RunForm.model_validate(
            {"goal": goal, "conversation_id": conversation_id, "model": model, "approvals": approvals}
        )
        return await self.run(await runs.begin(self._app, self._caller, form, goal, channel="cli"))

    async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Json]:
        async for item in self._app.runs.watch(run_id, after):
            yield msgspec.json.decode(event_json(item) if isinstance(item, Event) else delta_json(item))

    async def events(self, run_id: str) -> Json:
        await self.run(run_id)
        return {"items": [msgspec.json.decode(event_json(event)) for event in await self._app.journal.read(run_id)]}

    async def run(self, run_id: str) -> Json:
        return _json(await runs.run(run_id, self._app, self._caller))

    async def runs(self, *, status: Any, conversation_id: str | None, limit: int) -> Json:
        return _json(await runs.runs(self._app, self._caller, status, conversation_id, limit, None))

    async def cancel(self, run_id: str) -> Json:
        return _json(await runs.cancel(run_id, self._app, self._caller))

    async def resume(self, run_id: str) -> Json:
        return _json(await runs.resume(run_id, self._app, self._caller))

    async def approvals(self) -> Json:
        return _json(await runs.approvals(self._app, self._caller))

    async def answer(self, approval_id: str, answer: Answer, note: str = "") -> Json:
        form = AnswerForm(answer=answer, note=note)
        return _json(await runs.answer(approval_id, form, self._app, self._caller))

    # ── the rest ────────────────────────────────────────────────────────────────────────────────
    async def tools(self) -> Json:
        return _json(await tools.tools(self._app, self._caller))

    async def tool(self, name: str) -> Json:
        return _json(await tools.tool(name, self._app, self._caller))

    async def call(self, name: str, arguments: dict[str, Any]) -> Json:
        return _json(await tools.call(name, CallForm(arguments=arguments), self._app, self._caller))

    async def models(self) -> Json:
        return _json(await system.models(self._app, self._caller))

    async def stats(self) -> Json:
        return _json(await system.stats(self._app, self._caller))

    async def conversations(self, *, limit: int) -> Json:
        return _json(await conversations.conversations(self._app, self._caller, limit, None))

    async def conversation(self, conversation_id: str) -> Json:
        return _json(await conversations.conversation(conversation_id, self._app, self._caller))

    async def messages(self, conversation_id: str) -> Json:
        return _json(await conversations.messages(conversation_id, self._app, self._caller))

    # ── users ───────────────────────────────────────────────────────────────────────────────────
    async def me(self) -> Json:
        return _user(await self._user(None))

    async def users(self) -> Json:
        return {"items": [_user(user) for user in await self._app.accounts.users(self._caller.tenant)]}

    async def register(self, username: str, password: str, scopes: tuple[Scope, ...]) -> Json:
        return _user(await self._app.accounts.register(username, password, scopes, tenant=self._caller.tenant))

    async def set_password(self, password: str, current: str | None) -> None:
        await self._app.accounts.set_password(self._caller, password, current)

    async def sign_in_link(self, username: str | None) -> Json:
        """For the server to come: it listens where the settings say."""
        token = await self._app.accounts.sign_in_link((await self._user(username)).id)
        server, identity = self._app.settings.server, self._app.settings.identity
        host = f"[{server.host}]" if ":" in server.host else server.host
        url = f"http://{host}:{server.port}/sign-in?token={token}"
        return {"url": url, "expires_in": identity.link_minutes * 60}

    async def _user(self, username: str | None) -> User:
        name = self._caller.name if username is None else username.strip().lower()
        found = [user for user in await self._app.accounts.users(self._caller.tenant) if user.name == name]
        if not found:
            raise NotFound(f"There is no user {name}.", hint="orchestrator users list names them.")
        return found[0]


def _user(user: User) -> Json:
    form = wire.User(id=user.id, username=user.name, scopes=sorted(user.scopes), has_password=user.has_password)
    return _json(form)
