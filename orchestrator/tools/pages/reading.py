"""A page of the web as what it is about: of HTML its main part, of a document its text, anything else as it is."""

import mimetypes
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from orchestrator.kernel.addresses import file_name
from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.files.documents import KINDS, Documents
from orchestrator.tools.pages.html import Link, Page, read
from orchestrator.tools.web import BODY_LIMIT, fetched

if TYPE_CHECKING:
    import aiohttp

MOST = 40_000  # characters of a page that may be asked for
LARGEST = 20 * 2**20  # bytes of a document
_ANYTHING = ("application/octet-stream", "binary/octet-stream", "application/x-download")


class Article(Struct, frozen=True):
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


class Reading:
    """What `reach` may make of an answer. `most`: characters of the text."""

    def __init__(self, documents: Documents | None, most: int) -> None:
        self._documents = documents
        self._most = most

    async def read(self, answer: "aiohttp.ClientResponse", _: str) -> Article:
        url = str(answer.url)
        if answer.status >= 400:
            said = f"{url[:200]} answers {answer.status}."
            raise ToolFailed(said, why="page_status", url=url[:200], status=answer.status)
        if self._documents is not None and _kind(answer) in KINDS:
            return await self._document(self._documents, answer, url)
        found = await fetched(answer, BODY_LIMIT)
        if not found.body:
            said = f"{url[:200]} holds no text ({found.note or 'it is empty'})."
            raise ToolFailed(said, why="page_empty", url=url[:200], kind=found.media_type)
        marked = "html" in found.media_type or "<html" in found.body[:2000].lower()
        page = read(found.body, url) if marked else Page("", "", "", "", found.body.strip(), ())
        empty = "" if page.text else "the page holds no text: a script may write it"
        return self._article(url, page, [found.note, empty])

    async def _document(self, documents: Documents, answer: "aiohttp.ClientResponse", url: str) -> Article:
        data = bytearray()
        async for piece in answer.content.iter_chunked(64 * 1024):
            data += piece
            if len(data) > LARGEST:
                said = f"{url[:200]} is larger than {LARGEST // 2**20} MB."
                raise ToolFailed(said, hint="download_file saves it.", why="too_large", path=url[:200], size=LARGEST)
        name = file_name(url)
        text, note = await documents.text(bytes(data), name)
        return self._article(url, Page(name, "", "", "", text.strip(), ()), [note])

    def _article(self, url: str, page: Page, notes: list[str]) -> Article:
        cut = len(page.text) > self._most
        notes.insert(1, f"the first {self._most} of {len(page.text)} characters" if cut else "")
        return Article(
            url,
            page.title or url,
            page.source,
            page.author,
            page.date,
            page.text[: self._most],
            list(page.links),
            cut,
            "; ".join(filter(None, notes)),
        )


def _kind(answer: "aiohttp.ClientResponse") -> str:
    """What it is, as the server says; else by its name."""
    said = answer.content_type if "Content-Type" in answer.headers else ""
    return said if said and said not in _ANYTHING else mimetypes.guess_type(file_name(str(answer.url)))[0] or said
