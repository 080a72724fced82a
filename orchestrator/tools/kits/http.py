"""The http kit: one request to a public address. See tools/web.py for what is refused."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples.http import HTTP_REQUEST
from orchestrator.tools.web import Fetched, fetch

Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


async def _reconcile_request(arguments: Arguments, context: Context) -> Result | None:
    """A request that only asks may be made again; of any other nobody can say whether it arrived."""
    if arguments["method"] in ("GET", "HEAD", "OPTIONS"):
        return None
    raise ToolFailed(f"It cannot be known whether the {arguments['method']} request to {arguments['url']} arrived.")


@tool(
    scope="execute",
    effects="once",
    category="web",
    origin="web",
    examples=HTTP_REQUEST,
    answers={
        "en": "{url} answered {status}[ ({media_type})][:\n{body}][\n({note})]",
        "fr": "{url} a répondu {status}[ ({media_type})][ :\n{body}][\n({note})]",
    },
    timeout=35.0,
    reconcile=_reconcile_request,
    secrets=("headers", "body"),
)
async def http_request(
    url: Annotated[str, Meta(description="an http or https address", min_length=8, max_length=4096)],
    context: Context,
    method: Annotated[Method, "what to do there"] = "GET",
    headers: Annotated[Mapping[str, str], "further request headers"] = {},
    body: Annotated[str | None, "what to send"] = None,
) -> Fetched:
    """Make an HTTP request to a public web address and return what it answers."""
    return await fetch(written_out(url), method, dict(headers), body, context.allow_loopback)


tools = (http_request,)
