"""One call of an operation: a request made of its arguments, sent to the server that was named, and to no other."""

from urllib.parse import quote, urljoin, urlsplit

import msgspec

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, Json
from orchestrator.tools.base import Context, Result
from orchestrator.tools.judging import Judge
from orchestrator.tools.openapi.operations import Operation
from orchestrator.tools.openapi.sending import body_of, given, path_of, query_of
from orchestrator.tools.openapi.signing import Signer, Signs
from orchestrator.tools.place import Place
from orchestrator.tools.web import Fetched, fetch
from orchestrator.tools.workspace import Workspace

_BETWEEN = (502, 504)  # of a proxy, which does not know what became of it
_TOLD = ("location", "link", "retry-after")  # headers that say how to go on


class OperationTool:
    """`server` is the base of every address, without a slash at its end; the tools of an API share its `signer`."""

    place: Place = "elsewhere"

    def __init__(self, operation: Operation, server: str, signer: Signer) -> None:
        self.spec = operation.spec
        self._operation = operation
        self._base = urljoin(server, operation.base) if operation.base else server
        self._host = urlsplit(server).hostname or ""
        self._signer = signer
        self.check = Judge(operation.spec).check

    async def call(self, arguments: Arguments, context: Context) -> Result:
        schemes = self._operation.schemes
        signs = await self._signer.signs(schemes, context)
        answer = await self._sent(arguments, signs, context)
        if answer.status == 401 and self._signer.forget(schemes):  # it was not done: a token that ended, perhaps
            signs = await self._signer.signs(schemes, context)
            answer = await self._sent(arguments, signs, context)
        for token in signs.tokens:
            answer = msgspec.structs.replace(answer, body=answer.body.replace(token, "[token]"))
        return _result(answer)

    async def _sent(self, arguments: Arguments, signs: Signs, context: Context) -> Fetched:
        operation = self._operation
        headers = {"Accept": "application/json, text/*;q=0.8, */*;q=0.5"}
        headers |= {name: text for name, text, _ in given(operation, arguments, "header")}
        cookies = [*((name, quote(text)) for name, text, _ in given(operation, arguments, "cookie")), *signs.cookies]
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in cookies)
        query = [*given(operation, arguments, "query"), *((name, text, False) for name, text in signs.query)]
        body, media_type = body_of(operation.body, arguments, Workspace(context.workspace))
        if body is not None:
            headers["Content-Type"] = media_type
        url = self._base + path_of(operation, arguments) + (f"?{query_of(query)}" if query else "")
        headers |= signs.headers
        try:
            answer = await fetch(url, operation.method, headers, body, context.allow_loopback, self._host)
        except ToolFailed as error:
            if self.spec.effects == "once" and _was_sent(error):
                raise ConnectionError(f"{error.detail} It was sent.") from error
            raise
        if self.spec.effects == "once" and answer.status in _BETWEEN:
            raise ConnectionError(f"The server says {answer.status}: who stands before it had no answer.")
        return answer


def _was_sent(error: ToolFailed) -> bool:
    """Whether a request that failed had gone out: then nobody knows whether it was done."""
    import aiohttp

    origin = error.__cause__ or error.__context__
    before = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    return isinstance(origin, TimeoutError | aiohttp.ClientError) and not isinstance(origin, before)


def _result(answer: Fetched) -> Result:
    """Raises ToolRetry or ToolFailed for what the server refuses."""
    told = {name: answer.headers[name] for name in _TOLD if name in answer.headers}
    notes = [f"[{name}: {value}]" for name, value in told.items()] + ([f"[{answer.note}]"] if answer.note else [])
    said = "\n".join(filter(None, [answer.body, *notes]))
    if answer.status >= 400:
        problem = f"The server says {answer.status}: {said[:2000] or 'and not why'}"
        hint = "Whoever administers this server can name a secret for it." if answer.status in (401, 403) else ""
        raise ToolRetry(problem) if answer.status in (400, 422) else ToolFailed(problem, hint=hint)
    body: Json = answer.body
    if "json" in answer.media_type:
        try:
            body = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError):
            body = answer.body
    data: dict[str, Json] = {"status": answer.status, "body": body}
    if told:
        data["headers"] = dict(told)
    return Result(said or f"HTTP {answer.status}, and nothing more.", data)
