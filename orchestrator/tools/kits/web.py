"""The web kit: searched through an engine of the owner's choice, and pages read as clean text. See tools/web.py."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import web as said
from orchestrator.tools.pages.engines import AGENT, Engine, Hit, engine
from orchestrator.tools.pages.html import Link, Page, read
from orchestrator.tools.pages.robots import Robots
from orchestrator.tools.web import Fetched, fetch

_MOST = 40_000  # characters of a page that may be asked for


class Found(msgspec.Struct, frozen=True):
    query: str
    engine: str
    results: list[Hit]

    def __str__(self) -> str:
        lines = [f"{hit.title}\n{hit.url}{f' ({hit.date})' if hit.date else ''}\n{hit.text}" for hit in self.results]
        return "\n\n".join(lines) or "Nothing found."


class Article(msgspec.Struct, frozen=True):
    url: Annotated[str, Meta(description="that was read, after redirects")]
    title: str
    source: Annotated[str, Meta(description="who published it, as the page says")]
    author: str
    date: Annotated[str, Meta(description="the day it was published, as the page says")]
    text: str
    links: list[Link]
    truncated: bool
    note: str = ""

    def __str__(self) -> str:
        about = ", ".join(filter(None, [self.source, self.author, self.date]))
        links = "\n".join(f"- {link.text}: {link.url}" for link in self.links)
        note = f"[{self.note}]" if self.note else ""
        return "\n\n".join(
            filter(None, [f"{self.title}\n{self.url}", about, self.text, note, links and f"Links:\n{links}"])
        )


def kit(equipment: Equipment) -> Sequence[Tool]:
    return tools_of(engine(equipment.settings.search))


def tools_of(chosen: Engine) -> Sequence[Tool]:
    robots = Robots()

    @tool(
        category="web",
        origin="web",
        examples=said.WEB_SEARCH,
        answers={
            "en": "[{*results {title}: {url}\n  {text}*}|Nothing found.]",
            "fr": "[{*results {title} : {url}\n  {text}*}|Rien trouvé.]",
        },
        timeout=40.0,
    )
    async def web_search(
        query: Annotated[str, Meta(description="what to look for, in a few words", min_length=1, max_length=400)],
        context: Context,
        limit: Annotated[int, Meta(description="results at most", ge=1, le=20)] = 8,
    ) -> Found:
        """Search the web: titles, addresses and a few words of each page. read_page reads one."""
        return Found(query, chosen.name, await chosen.search(query, limit, context))

    @tool(
        category="web",
        origin="web",
        examples=said.READ_PAGE,
        answers={
            "en": "**{title}**[ ({date})][\n{source}]\n{url}\n\n{text}[\n\n({note})]",
            "fr": "**{title}**[ ({date})][\n{source}]\n{url}\n\n{text}[\n\n({note})]",
        },
        timeout=75.0,
    )
    async def read_page(
        url: Annotated[str, Meta(description="an http or https address", min_length=4, max_length=4096)],
        context: Context,
        max_characters: Annotated[int, Meta(description="of the text, at most", ge=200, le=_MOST)] = 15_000,
    ) -> Article:
        """Read a web page as clean text, with its title, source, date and links."""
        address = written_out(url)
        if not await robots.allows(address, context):
            said = f"The site of {address[:200]} does not let programs read this page (robots.txt)."
            raise ToolFailed(said, why="robots", address=address[:200])
        answer = await fetch(address, "GET", {"User-Agent": AGENT}, None, context.allow_loopback)
        if answer.status >= 400:
            said = f"{answer.url[:200]} answers {answer.status}."
            raise ToolFailed(said, why="page_status", url=answer.url[:200], status=answer.status)
        return _article(answer, max_characters)

    return (web_search, read_page)


def _article(answer: Fetched, most: int) -> Article:
    if not answer.body:
        said = f"{answer.url[:200]} holds no text ({answer.note or 'it is empty'})."
        raise ToolFailed(said, why="page_empty", url=answer.url[:200], kind=answer.media_type)
    marked = "html" in answer.media_type or "<html" in answer.body[:2000].lower()
    page = read(answer.body, answer.url) if marked else Page("", "", "", "", answer.body.strip(), ())
    cut = len(page.text) > most
    notes = [answer.note, f"the first {most} of {len(page.text)} characters" if cut else ""]
    notes += ["" if page.text else "the page holds no text: a script may write it"]
    return Article(
        answer.url,
        page.title or answer.url,
        page.source,
        page.author,
        page.date,
        page.text[:most],
        list(page.links),
        cut,
        "; ".join(filter(None, notes)),
    )
