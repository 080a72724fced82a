"""Secrets at the moment of a call: put in where they are named, taken out of all that comes back.

Covers: results, their data, what is too long for a conversation, errors, what is said on the way. A secret
goes over https only, or to this machine itself. Does not cover a tool that writes a secret down somewhere
and another that reads it there in a shape nobody foresaw (encrypted, or a letter at a time).
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from orchestrator.kernel.addresses import is_here, written_out
from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, Json
from orchestrator.kernel.secrets import MENTION, Secrets, mentioned
from orchestrator.kernel.settings import Secret
from orchestrator.tools.base import Context, Reconcilable, Result, Tool
from orchestrator.tools.questions import Asks
from orchestrator.tools.wrapper import Wrapper

_ADDRESSES = ("url", "uri", "endpoint")


class Sealed(Wrapper):
    def __init__(self, tool: Tool, secrets: Secrets) -> None:
        super().__init__(tool)
        self._secrets = secrets

    async def call(self, arguments: Arguments, context: Context) -> Result:
        try:
            filled = await self._filled(arguments, context)
            return self._clean(await self._tool.call(filled, self._given(context)))
        except Exception as error:
            self._raise_clean(error)
            raise

    async def _filled(self, arguments: Arguments, context: Context) -> Arguments:
        """The arguments with what their secrets are called by replaced by what they are."""
        names = {argument: mentioned(value) for argument, value in arguments.items()}
        if not any(names.values()):
            return arguments
        if stray := sorted(
            argument for argument, found in names.items() if found and argument not in self.spec.secrets
        ):
            takes = f"It takes them in {' and '.join(self.spec.secrets)}." if self.spec.secrets else "It takes none."
            raise ToolRetry(f"{self.spec.name} takes no secret in {stray[0]}.", hint=takes)
        reveal = _Reveal(self._secrets, self.spec.name, context.run_id)
        host = _host(arguments)
        try:
            values = {name: await reveal(name, host=host) for name in frozenset().union(*names.values())}
        except (NotFound, NotAllowed) as error:
            raise ToolFailed(error.detail, hint=error.hint) from None
        return {name: _with(value, values) if names[name] else value for name, value in arguments.items()}

    def _given(self, context: Context) -> Context:
        def progress(text: str) -> None:
            context.progress(self._secrets.redact(text))

        secret = _Reveal(self._secrets, self.spec.name, context.run_id)
        return msgspec.structs.replace(context, progress=progress, secret=secret)

    def _clean(self, result: Result) -> Result:
        redact = self._secrets.redact
        content, data = redact(result.content), redacted(result.data, self._secrets)
        overflow = result.overflow
        if overflow is not None:
            text = overflow.decode("utf-8", "surrogateescape")
            kept = redact(text)
            overflow = overflow if kept == text else kept.encode("utf-8", "surrogateescape")
        if content == result.content and data == result.data and overflow is result.overflow:
            return result
        return msgspec.structs.replace(result, content=content, data=data, overflow=overflow)

    def _raise_clean(self, error: Exception) -> None:
        """The same error without secrets, where it holds any."""
        if isinstance(error, Asks):
            error.question = msgspec.structs.replace(
                error.question,
                message=self._secrets.redact(error.question.message),
                form=redacted(error.question.form, self._secrets),
            )
            return
        said = str(error)
        clean = self._secrets.redact(said)
        if clean == said:
            return
        for kind in (ToolRetry, ToolFailed):
            if isinstance(error, kind):
                raise kind(clean, why=error.why, **redacted(error.named, self._secrets)) from None
        for other in (NotAllowed, NotFound):
            if isinstance(error, other):
                raise other(clean) from None
        raise RuntimeError(clean) from None


class SealedReconcilable(Sealed):
    """The same around a tool that can reconcile."""

    def __init__(self, tool: Tool, inner: Reconcilable, secrets: Secrets) -> None:
        super().__init__(tool, secrets)
        self._inner = inner

    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        try:
            filled = await self._filled(arguments, context)
            found = await self._inner.reconcile(filled, self._given(context))
        except Exception as error:
            self._raise_clean(error)
            raise
        return None if found is None else self._clean(found)


def sealed(tool: Tool, secrets: Secrets) -> Tool:
    return SealedReconcilable(tool, tool, secrets) if isinstance(tool, Reconcilable) else Sealed(tool, secrets)


def redacted(value: Json, secrets: Secrets) -> Json:
    if isinstance(value, str):
        return secrets.redact(value)
    if isinstance(value, list):
        return [redacted(item, secrets) for item in value]
    if isinstance(value, dict):
        return {redacted(name, secrets): redacted(item, secrets) for name, item in value.items()}
    return value


class _Reveal:
    """The vault as one tool sees it in one call."""

    def __init__(self, secrets: Secrets, tool: str, run_id: str) -> None:
        self._secrets = secrets
        self._tool = tool
        self._run_id = run_id

    async def __call__(self, name: str, *, host: str = "") -> Secret:
        return await self._secrets.reveal(name, tool=self._tool, host=host, run_id=self._run_id)


def _with(value: Json, values: dict[str, Secret]) -> Any:
    if isinstance(value, str):
        return MENTION.sub(lambda found: str(values[found[1]]), value)
    if isinstance(value, list):
        return [_with(item, values) for item in value]
    if isinstance(value, dict):
        return {_with(name, values): _with(item, values) for name, item in value.items()}
    return value


def _host(arguments: Arguments) -> str:
    """Where a call goes, by the argument that is an address. Raises ToolRetry unless nobody can listen on the way."""
    address = next((arguments[name] for name in _ADDRESSES if isinstance(arguments.get(name), str)), None)
    if address is None:
        return ""
    try:
        parts = urlsplit(written_out(address))
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise ToolRetry(f"{address[:200]!r} is not a usable address.") from None
    if parts.scheme != "https" and not is_here(host):
        raise ToolRetry("A secret goes over https only.", hint="Write the address with https://.")
    return host
