"""The product in this process, for as long as one command: the API's own operations, without HTTP.

Only the run of this command works here. Others that were interrupted stay as they are until a
server starts or `runs resume` names them: a command that ends at once must not begin their work.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from orchestrator.api import auth, conversations, grants, problems, runs, system, tools
from orchestrator.api.forms import AnswerForm, CallForm, RunForm
from orchestrator.api.frames import delta_json, event_json
from orchestrator.api.wire import PasswordForm, RegisterForm
from orchestrator.api.within import Within
from orchestrator.app import App, open_app
from orchestrator.cli.remote import error_of
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.events import Answer, Approvals, Event
from orchestrator.kernel.messages import Json, Scope
from orchestrator.kernel.settings import Settings
from orchestrator.telemetry.logs import attach

F = TypeVar("F", bound=BaseModel)


def _form(kind: type[F], **values: Any) -> F:
    """What a server would take, or refuse in the same words."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        said = problems.problem_of(error)
        raise InvalidInput(said.detail, hint=said.hint) from error


def _json(model: BaseModel) -> Json:
    return model.model_dump(mode="json")


class Local:
    drives = True

    def __init__(self, app: App, caller: Principal, stack: AsyncExitStack) -> None:
        self.where = str(app.settings.data)
        self._app = app
        self._caller = caller
        self._stack = stack
        self._taken_up: set[str] = set()  # runs that this process drives

    @cached_property
    def _within(self) -> Within:
        return Within(self._app, self._caller)

    @classmethod
    async def open(cls, settings: Settings, *, verbose: bool) -> "Local":
        stack = AsyncExitStack()
        logs = stack.enter_context(attach(settings.telemetry)) if verbose else None
        app = await stack.enter_async_context(open_app(settings, recover=False))
        if logs is not None:
            logs.hide = app.vault.redact
        return cls(app, await app.accounts.owner(), stack)

    async def close(self) -> None:
        await self._stack.aclose()

    async def ask(self, method: str, path: str, body: Json = None, **query: Any) -> Json:
        data = None if body is None else msgspec.json.encode(body)
        params = {name: str(value) for name, value in query.items() if value is not None}
        content = await self._asked(method, path, data, params)
        return msgspec.json.decode(content) if content else None

    async def fetched(self, path: str) -> bytes:
        return await self._asked("GET", path, None, {})

    async def _asked(self, method: str, path: str, data: bytes | None, params: dict[str, str]) -> bytes:
        status, content = await self._within.ask(method, f"/api/v1{path}", data, params)
        if status >= 400:
            raise error_of(status, content)
        return content

    # ── runs ────────────────────────────────────────────────────────────────────────────────────
    async def start(self, goal: str, *, conversation_id: str | None, model: str | None, approvals: Approvals) -> Json:
        asked = {"conversation_id": conversation_id, "model": model, "approvals": approvals, "channel": "cli"}
        form = _form(RunForm, goal=goal, **asked)
        run_id = await runs.begin(self._app, self._caller, form, goal)
        self._taken_up.add(run_id)
        return await self.run(run_id)

    async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Json]:
        async for item in self._app.runs.watch(run_id, after):
            yield msgspec.json.decode(event_json(item) if isinstance(item, Event) else delta_json(item))

    async def events(self, run_id: str) -> Json:
        await self.run(run_id)
        return {"items": [msgspec.json.decode(event_json(event)) for event in await self._app.journal.read(run_id)]}

    async def run(self, run_id: str) -> Json:
        return self._seen(_json(await runs.run(run_id, self._app, self._caller)))

    async def runs(self, *, status: Any, conversation_id: str | None, before: str | None, limit: int) -> Json:
        kept: Any = "running" if status == "interrupted" else status
        page = _json(await runs.runs(self._app, self._caller, kept, conversation_id, before=before, limit=limit))
        items = [self._seen(item) for item in page["items"]]
        return {**page, "items": [item for item in items if status in (None, item["status"])]}

    def _seen(self, run: Json) -> Json:
        """A run that nobody drives is under way in the journal only: its process ended, and there is no server."""
        driven = run["run_id"] in self._taken_up or self._app.runs.at_work(run["run_id"])
        lost = run["status"] == "running" and not driven
        return {**run, "status": "interrupted"} if lost else run

    async def cancel(self, run_id: str) -> Json:
        return _json(await runs.cancel(run_id, self._app, self._caller))

    async def resume(self, run_id: str) -> Json:
        run = _json(await runs.resume(run_id, self._app, self._caller))
        self._taken_up.add(run_id)
        return run

    async def approvals(self) -> Json:
        return _json(await runs.approvals(self._app, self._caller))

    async def answer(
        self, approval_id: str, answer: Answer, note: str = "", content: dict[str, Any] | None = None
    ) -> Json:
        form = _form(AnswerForm, answer=answer, note=note, content=content or {})
        run = _json(await runs.answer(approval_id, form, self._app, self._caller))
        self._taken_up.add(run["run_id"])
        return run

    async def grants(self) -> Json:
        return _json(await grants.grants(self._app, self._caller))

    async def revoke(self, grant_id: str) -> None:
        await grants.revoke(grant_id, self._app, self._caller)

    # ── the rest ────────────────────────────────────────────────────────────────────────────────
    async def tools(self) -> Json:
        return _json(await tools.tools(self._app, self._caller))

    async def tool(self, name: str) -> Json:
        return _json(await tools.tool(name, self._app, self._caller))

    async def call(self, name: str, arguments: dict[str, Any], approvals: Approvals) -> Json:
        form = _form(CallForm, arguments=arguments, approvals=approvals, channel="cli", wait=False)
        run = _json(await tools.call(name, form, self._app, self._caller))
        self._taken_up.add(run["run_id"])
        return run

    async def models(self) -> Json:
        return _json(await system.models(self._app, self._caller))

    async def pull(self, name: str, sha256: str) -> AsyncIterator[Json]:
        caller = self._caller
        async for step in self._app.connections.pull(name, sha256, tenant=caller.tenant, by=caller.id):
            yield msgspec.to_builtins(step)

    async def stats(self) -> Json:
        return _json(await system.stats(self._app, self._caller))

    async def conversations(self, *, before: str | None, limit: int) -> Json:
        return _json(await conversations.conversations(self._app, self._caller, limit, before))

    async def conversation(self, conversation_id: str) -> Json:
        return _json(await conversations.conversation(conversation_id, self._app, self._caller))

    async def messages(self, conversation_id: str) -> Json:
        return _json(await conversations.messages(conversation_id, self._app, self._caller))

    # ── users ───────────────────────────────────────────────────────────────────────────────────
    async def me(self) -> Json:
        return _json(await auth.me(self._caller))

    async def users(self) -> Json:
        return _json(await auth.users(self._app, self._caller))

    async def register(self, username: str, password: str, scopes: tuple[Scope, ...]) -> Json:
        form = _form(RegisterForm, username=username, password=password, scopes=list(scopes))
        return _json(await auth.register(form, self._app, self._caller))

    async def set_password(self, password: str, *, current: str | None, username: str | None) -> None:
        form = _form(PasswordForm, password=password, current=current, username=username)
        await auth.password(form, self._app, self._caller)

    async def sign_in_link(self, username: str | None) -> Json:
        """For the server to come: it will listen where the settings say."""
        server = self._app.settings.server
        host = f"[{server.host}]" if ":" in server.host else server.host
        return _json(await auth.linked(self._app, self._caller, username, f"http://{host}:{server.port}/"))
