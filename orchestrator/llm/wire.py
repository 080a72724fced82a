"""Requests to a model's server, and what its replies mean: bounded, in frames, errors in our own words.

A connection closes at once when its reader is cancelled. How it is kept and read: http.py.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import (
    InvalidSettings,
    ModelError,
    ModelGarbled,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Health, Model
from orchestrator.llm.connect import key_variable
from orchestrator.llm.framing import Framing
from orchestrator.llm.http import CONNECT_SECONDS, BadHeader, Connection, NotHttp, NotReached, Server

T = TypeVar("T")

PROBE_SECONDS = 1.5
REPLY_LIMIT = 64 * 2**20  # bytes of one reply, streamed or not
PROBLEM_LIMIT = 64 * 2**10  # bytes of an error that are read
_FOR_NOW = frozenset({408, 425, 429})  # with every 5xx: refused for now, not for ever
_NEVER = frozenset({"insufficient_quota", "billing_hard_limit_reached"})  # a 429 that waiting does not mend

FAILURES = (OSError, NotHttp)  # of the network: every TimeoutError is an OSError

Body = dict[str, Any]
Concede = Callable[["Refused", Body], bool]  # change what the server will not have; False when nothing can be


class Refused(ModelRejected):
    """The server said no to this request, with an HTTP status and perhaps the parameter at fault."""

    def __init__(self, detail: str, *, hint: str = "", status: int = 400, param: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.status = status
        self.param = param


class _Problem(Struct):
    message: str | None = None
    type: str | None = None
    param: str | None = None
    code: str | int | None = None
    details: Any = None


class _Envelope(Struct):
    error: _Problem | str | None = None
    message: str | None = None
    detail: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)


def decode(decoder: "msgspec.json.Decoder[T]", data: bytes, provider: str) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelGarbled(f"{provider} sent something that is not its own protocol: {error}.") from error


def broken_off(provider: str, kind: str, said: str) -> ModelError:
    """An error that a server sends in the middle of its reply, as ours."""
    detail = f"{provider} broke its reply off: {_sentence(said or kind or 'it did not say why')}"
    return ModelRejected(detail) if kind == "invalid_request_error" else ModelUnavailable(detail)


class Wire:
    def __init__(self, name: str, settings: Provider, clock: Clock, base_url: str, headers: Mapping[str, str]) -> None:
        if any(not (value.isascii() and value.isprintable()) for value in headers.values()):
            raise InvalidSettings(f"The key of {name} holds characters that no key has.", hint="Copy it again.")
        sent = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "ai-orchestrator",
            **headers,
            **{str(key): str(value) for key, value in settings.options.get("headers", {}).items()},
        }
        try:
            self._server = Server(base_url, sent, settings.timeout)
        except BadHeader as error:
            detail = f"The header {str(error)!r} of {name} holds characters that no header has."
            raise InvalidSettings(detail, hint=f"Correct llm.providers.{name}.options.headers.") from error
        except ValueError as error:
            detail = f"The address of {name} is not a URL: {base_url!r}."
            raise InvalidSettings(detail, hint="Write it as http://host:port.") from error
        self.name = name
        self.host = urlsplit(base_url).hostname or ""
        self.base_url = base_url.rstrip("/")
        self._timeout = settings.timeout
        self._clock = clock

    async def close(self) -> None:
        self._server.close()

    async def _send(self, method: str, path: str, body: Body | None) -> Connection:
        """The response, its status good. Raises what the status or the network means."""
        data = None if body is None else msgspec.json.encode(body)
        try:
            response = await self._server.request(method, path, data)
        except FAILURES as error:
            raise self.means(error, sent=False) from error
        if response.status == 200:
            return response
        try:
            raise await self._problem(response, path)
        finally:
            response.close()

    def stream(self, path: str, body: Body, framing: Framing, concede: Concede | None = None) -> "Stream":
        """A reply as it comes. Its connection is kept if the reply was read to its end, else closed at once."""
        return Stream(self, path, body, framing, concede)

    async def ask(self, path: str, body: Body, concede: Concede | None) -> Connection:
        while True:
            try:
                return await self._send("POST", path, body)
            except Refused as refused:
                if concede is None or refused.status not in (400, 422) or not concede(refused, body):
                    raise

    async def get(self, path: str, decoder: "msgspec.json.Decoder[T]") -> T:
        return await self._whole("GET", path, None, decoder)

    async def post(self, path: str, body: Body, decoder: "msgspec.json.Decoder[T]") -> T:
        return await self._whole("POST", path, body, decoder)

    async def _whole(self, method: str, path: str, body: Body | None, decoder: "msgspec.json.Decoder[T]") -> T:
        response = await self._send(method, path, body)
        try:
            data = bytearray()
            while piece := await self.read(response):
                data += piece
                if len(data) > REPLY_LIMIT:
                    raise ModelGarbled(f"{self.name} sent more than {REPLY_LIMIT} bytes.")
            return decode(decoder, bytes(data), self.name)
        finally:
            response.release()

    async def health(self, path: str) -> Health:
        """Whether the server answers here and takes our key; a server without this page is well too."""
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                response = await self._send("GET", path, None)
            response.close()
        except Refused as refused:
            if refused.status not in (404, 405):
                return Health(False, str(refused), code=refused.code)
        except TimeoutError:
            return Health(False, f"{self.base_url} did not answer within {PROBE_SECONDS} s.", code=ModelTimeout.code)
        except ModelError as error:
            silent = isinstance(error.__cause__, ConnectionRefusedError)
            return Health(False, f"Nothing listens at {self.base_url}." if silent else str(error), code=error.code)
        return Health(True, seconds=self._clock.monotonic() - started)

    def means(self, error: Exception, *, sent: bool) -> ModelError:
        """A network error as ours: before a reply began it is unavailable, in the middle it is garbled."""
        if isinstance(error, TimeoutError):
            connecting = isinstance(error, NotReached)
            waited = CONNECT_SECONDS if connecting else self._timeout
            return ModelTimeout(
                f"{self.name} {'could not be reached in' if connecting else 'sent nothing for'} {waited:g} s.",
                hint="" if connecting else f"If it is only slow, raise llm.providers.{self.name}.timeout.",
            )
        if isinstance(error, NotHttp):
            return ModelGarbled(f"{self.name} does not speak HTTP: {error}.")
        if sent:
            return ModelGarbled(f"{self.name} broke off in the middle of its reply.")
        return ModelUnavailable(
            f"{self.name} cannot be reached at {self.base_url}: {why(error)}.",
            hint="Is it running, and is the address right?",
        )

    async def read(self, response: Connection) -> bytes:
        """What has come since the last time; nothing at the end."""
        try:
            return await response.read()
        except FAILURES as error:
            raise self.means(error, sent=True) from error

    async def _problem(self, response: Connection, path: str) -> ModelError:
        status = response.status
        body = b""
        with contextlib.suppress(ModelError):
            while len(body) < PROBLEM_LIMIT and (piece := await self.read(response)):
                body += piece
        said, problem = _said(body)
        said = _sentence(said or f"HTTP {status}")
        if status in (401, 403):
            return Refused(
                f"{self.name} refuses the key: {said}", hint=f"Check {key_variable(self.name)}.", status=status
            )
        if (status in _FOR_NOW or status >= 500) and problem.code not in _NEVER:
            wait = self._retry_after(response)
            if wait is None:
                wait = _delay(problem)
            return ModelUnavailable(f"{self.name} cannot answer now (HTTP {status}): {said}", retry_after=wait)
        if 300 <= status < 400:
            return Refused(
                f"{self.name} has moved, and a key is not sent after it (HTTP {status}).",
                hint=f"Correct llm.providers.{self.name}.base_url.",
                status=status,
            )
        hint = f"Is {self.base_url}{path} the right address?" if status == 404 and not problem.message else ""
        return Refused(
            f"{self.name} rejects the request (HTTP {status}): {said}",
            hint=hint,
            status=status,
            param=problem.param or "",
        )

    def _retry_after(self, response: Connection) -> float | None:
        value = response.headers.get("retry-after", "").strip()
        if not value:
            return None
        try:
            return min(max(0.0, float(value)), 86_400.0)
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - self._clock.now())
        except ValueError:
            return None


def _delay(problem: _Problem) -> float | None:
    """When to come back, where the body says it instead of a header."""
    for detail in problem.details if isinstance(problem.details, list) else ():
        said = detail.get("retryDelay") if isinstance(detail, dict) else None  # Google: "7s"
        seconds = said.removesuffix("s") if isinstance(said, str) else ""
        if seconds.replace(".", "", 1).isdigit():
            return min(float(seconds), 86_400.0)
    return None


def _sentence(said: str) -> str:
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


def _said(body: bytes) -> tuple[str, _Problem]:
    """What the server gave as its reason, in any of the shapes that are about."""
    try:
        envelope = _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body[:300].decode("utf-8", "replace").strip(), _Problem()
    problem = envelope.error if isinstance(envelope.error, _Problem) else _Problem()
    said = envelope.error if isinstance(envelope.error, str) else problem.message
    return said or envelope.message or envelope.detail or "", problem


class Stream:
    """The frames of one reply, those of one network read at a time."""

    _response: Connection

    def __init__(self, wire: Wire, path: str, body: Body, framing: Framing, concede: Concede | None) -> None:
        self._wire = wire
        self._asked = (path, body, concede)
        self._framing = framing
        self._size = 0
        self._ended = False
        self.complete = False  # set by the provider when it has seen its terminal marker

    async def read(self) -> list[bytes] | None:
        """The next frames; None at the end of the stream."""
        while not self._ended:
            try:
                data = await self._response.read()
            except FAILURES as error:
                raise self._wire.means(error, sent=True) from error
            self._size += len(data)
            if self._size > REPLY_LIMIT:
                raise ModelGarbled(f"{self._wire.name} sent more than {REPLY_LIMIT} bytes.")
            self._ended = not data
            if frames := self._framing.feed(data) if data else self._framing.end():
                return frames
        return None

    async def __aenter__(self) -> "Stream":
        self._response = await self._wire.ask(*self._asked)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.complete and error is None and not self._response.done:
            with contextlib.suppress(TimeoutError, ModelError):
                async with asyncio.timeout(0.1):  # the last bytes of the response, so that the connection can be kept
                    await self.read()
        self._response.release()


async def explained(provider: Model, refused: Refused, model: str) -> ModelRejected:
    """Of a model that is not there: which ones are."""
    if refused.status != 404:
        return refused
    try:
        names = [info.name for info in await provider.models()]
    except ModelError:
        return refused
    if not names or model in names:
        return refused
    return ModelRejected(f"{provider.name} has no model {model!r}.", hint=f"It has: {', '.join(names[:20])}.")


def why(error: Exception) -> str:
    """Of a connection that failed, as people say it."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, ConnectionError) and cause.errno:
        return os.strerror(cause.errno).lower()
    return str(getattr(cause, "strerror", "") or error) or type(error).__name__
