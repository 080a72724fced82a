"""One service that speaks JSON over HTTP: asked at the address of the settings, with a token that is a named secret.

Covers: the guarded client of tools/web.py, the token only over https (or to this machine) and only for the host it is
bound to, names that cannot leave their place in an address, answers that are not as documented, limits of the service.
Does not cover answers above 2 MB.
"""

import time
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from orchestrator.kernel.addresses import is_here
from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Json
from orchestrator.kernel.secrets import how_to_set
from orchestrator.tools.base import Context
from orchestrator.tools.web import Fetched, fetch

T = TypeVar("T")
PAGE, PAGES = 100, 10  # rows of a page, and pages that are read
Query = Mapping[str, object]  # what is None is not said


class Rest:
    """`name` is what a person calls it; `secret` names the token, without which only what is `public` is asked.

    `query` is said with every request.
    """

    def __init__(
        self,
        name: str,
        url: str,
        secret: str,
        headers: Mapping[str, str] | None = None,
        *,
        query: Query | None = None,
        public: bool = True,
    ) -> None:
        self.name = name
        self._query = query or {}
        self._public = public
        self.url = url.rstrip("/")
        self._secret = secret
        self._headers = {"User-Agent": "ai-orchestrator", "Accept": "application/json", **(headers or {})}
        parts = urlsplit(self.url)
        self.host = (parts.hostname or "").rstrip(".")
        self._sealed = parts.scheme == "https" or is_here(self.host)

    async def get(self, context: Context, path: str, kind: type[T], query: Query | None = None) -> T:
        return self._read(await self._ask(context, "GET", path, query, None), kind)

    async def pages(
        self, context: Context, path: str, kind: type[list[T]], query: Query | None = None, size: int = PAGE
    ) -> AsyncIterator[list[T]]:
        """The first `PAGES` of a list, as GitHub counts them; one that is not full is the last."""
        for number in range(1, PAGES + 1):
            rows = await self.get(context, path, kind, {**(query or {}), "per_page": size, "page": number})
            yield rows
            if len(rows) < size:
                return

    async def find(self, context: Context, path: str, kind: type[T], query: Query | None = None) -> T | None:
        """The same; None where there is no such thing."""
        answer = await self._fetched(context, "GET", path, query, None)
        return None if answer.status == 404 else self._read(self._judged(answer, path), kind)

    async def text(self, context: Context, path: str, query: Query | None = None) -> str:
        return (await self._ask(context, "GET", path, query, None)).body

    async def send(
        self, context: Context, method: str, path: str, body: Json, kind: type[T], query: Query | None = None
    ) -> T:
        """Change something there, which takes a token."""
        return self._read(await self._ask(context, method, path, query, body), kind)

    async def _ask(self, context: Context, method: str, path: str, query: Query | None, body: Json) -> Fetched:
        return self._judged(await self._fetched(context, method, path, query, body), path)

    async def _fetched(self, context: Context, method: str, path: str, query: Query | None, body: Json) -> Fetched:
        words = {**self._query, **(query or {})}
        said = urlencode({name: str(value) for name, value in words.items() if value is not None})
        headers = dict(self._headers)
        if token := await self._token(context, needed=method != "GET" or not self._public):
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = msgspec.json.encode(body).decode()
        url = f"{self.url}{path}{'?' if said else ''}{said}"
        return await fetch(url, method, headers, data, context.allow_loopback, own=self.host)

    async def _token(self, context: Context, *, needed: bool) -> str:
        if not self._secret:
            return ""
        try:
            if not self._sealed:
                raise ToolFailed(f"{self.name} is at {self.url}: a token goes over https only.")
            return await context.secret(self._secret, host=self.host)
        except NotFound:
            if needed:
                said, command = f"{self.name} takes a token for this.", self._command()
                raise ToolFailed(
                    said, hint=self._how(), why="service_needs_token", service=self.name, command=command
                ) from None
            return ""
        except NotAllowed as error:
            raise ToolFailed(error.detail, hint=error.hint) from None

    def _how(self) -> str:
        return f"Whoever administers this server can: {self._command()}"

    def _command(self) -> str:
        return how_to_set(self._secret).replace("HOST", self.host)

    def _judged(self, answer: Fetched, path: str) -> Fetched:
        """The answer, if it is one. Raises ToolRetry for what was asked wrongly, ToolFailed for the rest."""
        status, said = answer.status, _said(answer.body)
        if "cut after" in answer.note:
            raise ToolFailed(f"{self.name} answered more than can be read.", hint="Ask for less of it.")
        if 200 <= status < 300:
            return answer
        if status == 429 or (status == 403 and answer.headers.get("x-ratelimit-remaining") == "0"):
            raise _exhausted(self.name, answer.headers, self._how())
        if status == 401:
            raise ToolFailed(
                f"{self.name} does not accept the secret {self._secret}: {said}",
                hint=self._how(),
                why="service_rejects_token",
                service=self.name,
                secret=self._secret,
            )
        if status == 403:
            told, hint = f"{self.name} does not allow it: {said}", self._how()
            raise ToolFailed(told, hint=hint, why="service_denies", service=self.name, said=said)
        if status == 404:
            hint = "What is private is seen with its owner's token only."
            raise ToolRetry(
                f"{self.name} knows no {path}.", hint=hint, why="service_unknown", service=self.name, path=path
            )
        if 400 <= status < 500:
            raise ToolRetry(f"{self.name} refuses this (HTTP {status}): {said}")
        raise ToolFailed(f"{self.name} answered HTTP {status}: {said}")

    def _read(self, answer: Fetched, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.body or b"null", type=kind)
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise ToolFailed(f"{self.name} answered something else than it documents: {error}.") from None


def path_of(*segments: str | int) -> str:
    """An address below the service's: each segment stays one, unless it says `a/b`, which are two. Raises ToolRetry."""
    parts = [part for segment in segments for part in str(segment).split("/")]
    if any(part in ("", ".", "..") for part in parts):
        raise ToolRetry(f"{'/'.join(str(segment) for segment in segments)[:200]!r} is no name of anything there.")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


class _Problem(msgspec.Struct, frozen=True):
    message: str = ""
    error: str | dict[str, Json] = ""
    errors: list[Json] = []


def _said(body: str) -> str:
    """What a service gives as its reason: GitHub `message` and `errors`, Vercel `error.message`, others `error`."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return body.strip()[:300] or "it does not say why."
    reason = problem.error if isinstance(problem.error, str) else str(problem.error.get("message", ""))
    more = [
        str(one.get("message") or one.get("code") or "") if isinstance(one, dict) else str(one)
        for one in problem.errors
    ]
    return ". ".join(part.rstrip(".") for part in (problem.message, reason, *more[:3]) if part)[:500] + "."


def _exhausted(service: str, headers: Mapping[str, str], hint: str) -> ToolFailed:
    """Too much was asked of it; with when it answers again, where it says so."""
    seconds, moment = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    said, when = "", dict[str, str | float]()
    if seconds.isdecimal():
        said, when = f": again in {seconds} s", {"seconds": int(seconds)}
    elif moment.isdecimal() and len(moment) < 12:
        at = time.strftime("%H:%M:%S UTC", time.gmtime(int(moment)))
        said, when = f": again at {at}", {"time": at}
    told = f"{service} takes no more requests for now{said}."
    return ToolFailed(told, hint=hint, why="service_limit", service=service, **when)
