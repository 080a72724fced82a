"""A page of HTML as clean text: what it is about, without what stands around it.

Covers: the title, who published it and when, as far as the page says so; headings, paragraphs, lists, tables and code
of its main part, and its links. Does not cover what scripts would draw.
"""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import msgspec
from msgspec import Struct

_DROPPED = frozenset(
    [
        "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "nav", "footer", "aside",
        "form", "button", "select", "dialog", "menu",
    ]
)  # fmt: skip
_BLOCKS = frozenset(
    [
        "p", "div", "section", "article", "main", "header", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr",
        "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "hr", "address", "details",
        "summary",
    ]
)  # fmt: skip
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LINKS = 60
_ENOUGH = 200  # characters that make a main part worth more than the whole


class Link(Struct, frozen=True):
    text: str
    url: str


class Page(Struct, frozen=True):
    title: str
    source: str  # who published it
    author: str
    date: str  # as an ISO day
    text: str
    links: tuple[Link, ...]


def read(html: str, url: str) -> Page:
    reader = _Reader(url)
    reader.feed(html)
    reader.close()
    main = next((text for part in ("article", "main") if len(text := reader.text(part)) >= _ENOUGH), "")
    meta = reader.meta
    title = meta.get("og:title") or " ".join(reader.title.split()) or reader.heading
    date = next(
        (found[0] for name in _DATES if (found := _DATE.search(meta.get(name, "")))),
        next((found[0] for text in reader.times if (found := _DATE.search(text))), ""),
    )
    return Page(
        title[:300],
        (meta.get("og:site_name") or meta.get("application-name") or meta.get("publisher") or "")[:200],
        (meta.get("author") or meta.get("article:author") or "")[:200],
        date or reader.published,
        main or reader.text(""),
        tuple(reader.links[:_LINKS]),
    )


_DATES = (
    "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "citation_publication_date",
    "article:modified_time", "last-modified",
)  # fmt: skip


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self._open: list[tuple[str, bool]] = []  # elements, and whether what is in them is dropped
        self._pieces: dict[str, list[str]] = {"": [], "article": [], "main": []}
        self._linked: list[str] | None = None
        self._href = ""
        self._data: list[str] | None = None  # of a script that holds facts
        self.title = ""
        self.heading = ""
        self.published = ""
        self.meta: dict[str, str] = {}
        self.times: list[str] = []
        self.links: list[Link] = []

    def text(self, part: str) -> str:
        said = "".join(self._pieces[part])
        said = re.sub(r"[ \t\r\f\v]+", " ", said)
        said = re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", said)).strip()
        return re.sub(f"```\n[{_KEPT[1]}]+|[{_KEPT[1]}]+\n```", _trimmed, said).translate(_RESTORED)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (given.get("property") or given.get("name") or given.get("itemprop") or "").lower()
            self.meta.setdefault(name, given.get("content", "").strip())
        elif tag == "time" and given.get("datetime"):
            self.times.append(given["datetime"])
        elif tag == "base" and given.get("href"):
            self._base = urljoin(self._base, given["href"])
        elif tag == "script" and given.get("type") == "application/ld+json":
            self._data = []
        if tag == "br" or tag in _BLOCKS:
            self._say(_BEFORE.get(tag, "\n" if tag in ("br", "tr", "div", "dt", "dd") else "\n\n"))
        elif tag in ("td", "th"):
            self._say(" | ")
        if tag in _VOID:
            return
        hidden = "hidden" in given or given.get("aria-hidden") == "true" or bool(_HIDDEN.search(given.get("style", "")))
        if tag == "header" and not self._within("article", "main"):
            hidden = True
        self._open.append((tag, self._dropping or tag in _DROPPED or hidden))
        if tag == "a" and given.get("href"):
            self._linked, self._href = [], given["href"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._data is not None:
            self._facts("".join(self._data))
            self._data = None
        if tag == "a" and self._linked is not None:
            self._keep_link()
        if tag not in (name for name, _ in self._open):
            return
        row = False
        while (ended := self._open.pop()[0]) != tag:
            row = row or ended == "tr"  # whose end nobody wrote
        if row:
            self._say(_AFTER["tr"])
        if tag in _BLOCKS:
            self._say(_AFTER.get(tag, "\n\n"))

    def handle_data(self, data: str) -> None:
        if self._data is not None:
            self._data.append(data)
        elif self._open and self._open[-1][0] == "title" and not self._within("body", "svg"):
            self.title += data
        elif not self._dropping and not self._within("head"):
            if self._within("h1") and not self.heading:
                self.heading = " ".join(data.split())
            if self._linked is not None:
                self._linked.append(data)
            self._say(data.translate(_KEEPING) if self._within("pre") else re.sub(r"\s+", " ", data))

    @property
    def _dropping(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _within(self, *names: str) -> bool:
        return any(name in names for name, _ in self._open)

    def _say(self, text: str) -> None:
        if self._dropping:
            return
        self._pieces[""].append(text)
        for part in ("article", "main"):
            if self._within(part):
                self._pieces[part].append(text)

    def _keep_link(self) -> None:
        text, self._linked = " ".join("".join(self._linked or ()).split()), None
        try:
            url = urljoin(self._base, self._href.strip())
        except ValueError:
            return
        if text and url.startswith(("http://", "https://")) and all(url != link.url for link in self.links):
            self.links.append(Link(text[:120], url[:2000]))

    def _facts(self, data: str) -> None:
        """When it was published, where facts for machines say so."""
        try:
            found = msgspec.json.decode(data)
        except (msgspec.MsgspecError, RecursionError):
            return
        items = found if isinstance(found, list) else [found]
        for item in items:
            if isinstance(item, dict) and isinstance(said := item.get("datePublished"), str):
                self.published = self.published or (day[0] if (day := _DATE.search(said)) else "")


_BEFORE = {
    "li": "\n- ", "h1": "\n\n# ", "h2": "\n\n## ", "h3": "\n\n### ", "h4": "\n\n#### ", "h5": "\n\n##### ",
    "h6": "\n\n###### ", "blockquote": "\n\n> ", "pre": "\n\n```\n",
}  # fmt: skip
_AFTER = {"li": "\n", "tr": " |", "div": "\n", "dt": "\n", "dd": "\n", "pre": "\n```\n\n"}
_KEPT = "\ue000\ue001\ue002"  # space, line break and tab in code, until the rest is in order
_KEEPING = str.maketrans(" \n\t", _KEPT, "\r")
_RESTORED = str.maketrans(_KEPT, " \n\t")


def _trimmed(found: re.Match[str]) -> str:
    return found[0].replace(_KEPT[1], "")
