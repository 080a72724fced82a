"""Search engines: SearXNG at an address of the owner's, Brave with a key, DuckDuckGo's page for plain browsers."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import InvalidSettings, NotFound, ToolFailed
from orchestrator.tools.base import Context
from orchestrator.tools.web import Fetched, fetch

AGENT = "Mozilla/5.0 (compatible; AI-Orchestrator)"
_TAG = re.compile(r"<[^>]{0,200}>")


class Hit(Struct, frozen=True):
    title: str
    url: str
    text: str
    date: str = ""


class Engine(Protocol):
    name: str

    async def search(self, query: str, limit: int, context: Context) -> list[Hit]: ...


def engine(named: str) -> Engine:
    """The engine of the settings: `duckduckgo`, `brave`, or the address of a SearXNG. Raises InvalidSettings."""
    if named.startswith(("http://", "https://")):
        return Searxng(named)
    if named in ("", "duckduckgo"):
        return DuckDuckGo()
    if named == "brave":
        return Brave()
    raise InvalidSettings(
        f"tools.search names {named!r}, which is no search engine.",
        hint="There are: duckduckgo, brave, and the address of a SearXNG.",
    )


class Searxng:
    name = "searxng"

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._host = (urlsplit(url).hostname or "").lower()

    async def search(self, query: str, limit: int, context: Context) -> list[Hit]:
        asked = f"{self._url}/search?{urlencode({'q': query, 'format': 'json'})}"
        found = _json(await _get(asked, {}, context, self._host), self.name)
        return _hits(found.get("results"), "content", "publishedDate", limit)


class Brave:
    name = "brave"

    def __init__(self, url: str = "https://api.search.brave.com") -> None:
        self._url = url

    async def search(self, query: str, limit: int, context: Context) -> list[Hit]:
        try:
            key = await context.secret("brave", host=urlsplit(self._url).hostname or "")
        except NotFound:
            raise ToolFailed(
                "Searching with Brave needs its key.",
                hint="orchestrator secrets set brave --host api.search.brave.com",
            ) from None
        asked = f"{self._url}/res/v1/web/search?{urlencode({'q': query, 'count': min(limit, 20)})}"
        headers = {"X-Subscription-Token": str(key), "Accept": "application/json"}
        found = _json(await _get(asked, headers, context), self.name).get("web")
        return _hits(found.get("results") if isinstance(found, dict) else None, "description", "page_age", limit)


class DuckDuckGo:
    name = "duckduckgo"

    def __init__(self, url: str = "https://html.duckduckgo.com") -> None:
        self._url = url

    async def search(self, query: str, limit: int, context: Context) -> list[Hit]:
        answer = await _get(f"{self._url}/html/?{urlencode({'q': query})}", {}, context)
        if answer.status != 200:
            raise ToolFailed(
                f"DuckDuckGo answers {answer.status}: it takes this machine for a robot.",
                hint="Wait a while, or set tools.search to a SearXNG of yours, or to brave.",
            )
        results = _Results()
        results.feed(answer.body)
        return [hit for hit in results.hits if hit.url][:limit]


async def _get(url: str, headers: Mapping[str, str], context: Context, own: str = "") -> Fetched:
    return await fetch(url, "GET", {"User-Agent": AGENT, **headers}, None, context.allow_loopback, own)


def _json(answer: Fetched, name: str) -> dict[str, Any]:
    if answer.status != 200:
        hint = "Its settings must allow the format json (search.formats)." if name == "searxng" else ""
        raise ToolFailed(f"The search engine {name} answers {answer.status}.", hint=hint)
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ToolFailed(f"What the search engine {name} answers cannot be read.") from None


def _hits(items: Any, text: str, date: str, limit: int) -> list[Hit]:
    found = []
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict) or not isinstance(url := item.get("url"), str):
            continue
        if url.startswith(("http://", "https://")):
            said = {name: item.get(name) for name in ("title", text, date)}
            title, about, day = (_plain(value) if isinstance(value, str) else "" for value in said.values())
            found.append(Hit(title[:300], url[:2000], about[:600], day[:10]))
    return found[:limit]


def _plain(text: str) -> str:
    return " ".join(_TAG.sub("", text).split())


class _Results(HTMLParser):
    """The results in DuckDuckGo's page, without its advertisements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hits: list[Hit] = []
        self._into = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if "result__a" in classes:
            self.hits.append(Hit("", _target(given.get("href", "")), ""))
            self._into = "title"
        elif "result__snippet" in classes and self.hits:
            self._into = "text"
        elif tag in ("div", "h2"):
            self._into = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into and self.hits:
            last = self.hits[-1]
            said = f"{getattr(last, self._into)}{data}"[:600]
            self.hits[-1] = msgspec.structs.replace(last, **{self._into: said.strip() if not data.strip() else said})


def _target(href: str) -> str:
    """Where a result leads; empty for an advertisement, which leads to the engine."""
    parts = urlsplit(href)
    if parts.path.startswith("/l/"):
        href = parse_qs(parts.query).get("uddg", [""])[0]
    elif (parts.hostname or "").endswith("duckduckgo.com") or not parts.hostname:
        return ""
    return href if href.startswith(("http://", "https://")) else ""
