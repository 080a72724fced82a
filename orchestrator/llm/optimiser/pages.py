"""A web page as what a browser would show of it: text, headings, lists, tables, links with their addresses.

Not lossless: part of `balanced` and `aggressive`. Tags, styles, scripts and comments go; kept of attributes are
addresses of links, alternative texts, titles, dates, values and descriptions, and data written for machines
(JSON-LD, microdata, prices in `data-` attributes). Linear, whatever the page.
"""

import html
import re

_BREAKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form header hr "
        "html main nav ol p section summary table tbody tfoot thead title tr ul option select h1 h2 h3 h4 h5 h6 br li",
    )
)
_HIDDEN = frozenset({"script", "style", "svg", "noscript", "template"})
_OPENS = {f"h{n}": "#" * n + " " for n in range(1, 7)} | {"li": "- ", "td": "| ", "th": "| ", "option": "- "}
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_SHOWN = ("alt", "title", "datetime", "placeholder", "value", "aria-label")
_DATA = re.compile(r"data-(?:price|amount|value|date|time|count|currency|total|quantity|sku|rating|score)\b")
_META = re.compile(r"description|author|date|time|price|title|keywords|published|modified", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")


class _Page:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._hidden = ""  # the element whose inside is not shown
        self._machine: list[str] | None = None  # JSON-LD being read
        self._pre = 0
        self._links: list[str] = []

    def text(self, said: str) -> None:
        if self._machine is not None:
            self._machine.append(said)
        elif said and not self._hidden:
            said = html.unescape(said) if "&" in said else said
            self._out.append(said if self._pre else _SPACES.sub(" ", said))

    def tag(self, inside: str) -> None:
        closing = inside.startswith("/")
        name = re.match(r"[a-zA-Z0-9]*", inside[closing:])[0].lower()  # type: ignore[index]
        if self._hidden:
            if closing and name == self._hidden:
                self._unhide()
            return
        if name in _HIDDEN:
            if not closing and not inside.endswith("/"):
                self._hidden = name
                self._machine = [] if "ld+json" in inside else None
            return
        if closing:
            self._closed(name)
        else:
            self._opened(name, inside)

    def _unhide(self) -> None:
        if self._machine is not None:
            self._out.append("\n" + "".join(self._machine).strip() + "\n")
        self._hidden, self._machine = "", None

    def _opened(self, name: str, inside: str) -> None:
        if name in _BREAKS:
            self._out.append("\n")
        if name == "pre":
            self._pre += 1
            self._out.append("\n```\n")
        self._out.append(_OPENS.get(name, ""))
        attributes = (
            {
                found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "")
                for found in _ATTRIBUTE.finditer(inside)
            }
            if "=" in inside
            else {}
        )
        if name == "a":
            href = attributes.get("href", "")
            link = "" if not href or href.startswith(("#", "javascript:")) else href
            self._links.append(link)
            self._out.append("[" if link else "")
        if attributes:
            self._out.append(_said(name, attributes))

    def _closed(self, name: str) -> None:
        if name == "a" and self._links and (link := self._links.pop()):
            self._out.append(f"]({link})")
        if name == "pre" and self._pre:
            self._pre -= 1
            self._out.append("\n```\n")
        self._out.append("\n" if name in _BREAKS else " " if name in ("td", "th") else "")

    def lines(self) -> list[str]:
        made: list[str] = []
        code = False
        for line in "".join(self._out).split("\n"):
            fence = line == "```"
            code ^= fence
            line = line if code or fence else line.strip()
            if line and line not in ("-", "|", "[", "[]"):
                made.append(line)
        return made


def _said(name: str, attributes: dict[str, str]) -> str:
    """What the attributes tell a reader."""
    if name == "meta":
        known = attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or ""
        content = attributes.get("content", "")
        return f"\n{known}: {content}\n" if content and _META.search(known) else ""
    kept = [attributes[key] for key in _SHOWN if attributes.get(key)]
    kept += [f"{attributes['itemprop']}: {attributes['content']}"] if {"itemprop", "content"} <= set(attributes) else []
    kept += [f"{key[5:]}: {value}" for key, value in attributes.items() if key.startswith("data-") and _DATA.match(key)]
    return " ".join(f"[{item}] " for item in kept)


def readable(page: str) -> list[str]:
    made = _Page()
    first, *pieces = page.split("<")
    made.text(first)
    comment = False
    for piece in pieces:
        if comment or piece.startswith("!--"):
            comment = "-->" not in piece
            if not comment:
                made.text(piece.partition("-->")[2])
            continue
        inside, closed, after = piece.partition(">")
        if not closed or not re.match(r"[/!?a-zA-Z]", inside):
            made.text("<" + piece)
            continue
        if inside[0] not in "!?":
            made.tag(inside)
        made.text(after)
    return made.lines()
