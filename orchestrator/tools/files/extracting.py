"""The process in which documents are read: the text of a PDF, or of a file of Word, PowerPoint or OpenDocument.

Run in the sandbox, with the standard library and pypdf alone: documents of strangers are what readers are attacked
with. Told of one file by a line of JSON, it answers by another. Covers: what is packed far tighter than text is, what
defines names of its own in XML. Does not cover pictures of text (nothing here reads those), notes, headers and margins.
"""

import itertools
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

_UNPACKED = 64 * 2**20  # bytes of one part of a document
_KEPT = 3_000_000  # characters: what is told is one line
_BREAKS = {"p": "\n", "h": "\n", "br": "\n", "line-break": "\n", "tr": "\n", "table-row": "\n"}
_GAPS = {"tab": "\t", "s": " "}
_CELLS = ("tc", "table-cell")


class Wrong(Exception):
    """The document cannot be read; said to whoever asked."""


def pdf(path: str) -> tuple[list[str], str]:
    import pypdf

    try:
        document = pypdf.PdfReader(path)
        if document.is_encrypted and not document.decrypt(""):
            raise Wrong("it is locked with a password")
        return [page.extract_text() for page in document.pages], "page"
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Wrong(f"it is damaged ({str(error)[:200] or type(error).__name__})") from error


def office(path: str) -> tuple[list[str], str]:
    try:
        with zipfile.ZipFile(path) as parts:
            names = set(parts.namelist())
            if "word/document.xml" in names:
                return ["".join(_said(_tree(parts, "word/document.xml"))).strip()], ""
            if "content.xml" in names:
                return ["".join(_said(_tree(parts, "content.xml"))).strip()], ""
            slides = (f"ppt/slides/slide{number}.xml" for number in itertools.count(1))
            return [
                "".join(_said(_tree(parts, name))).strip() for name in itertools.takewhile(names.__contains__, slides)
            ], "slide"
    except (zipfile.BadZipFile, ElementTree.ParseError, NotImplementedError, RuntimeError, OSError) as error:
        raise Wrong(f"it is damaged ({str(error)[:200]})") from error


def _tree(parts: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with parts.open(name) as part:
        data = part.read(_UNPACKED + 1)
    if len(data) > _UNPACKED:
        raise Wrong("it holds more text than can be read")
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data[:4096]:
        raise Wrong("it defines names of its own, as no office program does")
    return ElementTree.fromstring(data)


def _said(element: ElementTree.Element) -> Iterator[str]:
    """The text below, with a line for each paragraph and row."""
    name = element.tag.rpartition("}")[2]
    if name in _CELLS:
        yield " ".join("".join(one for child in element for one in _said(child)).split()) + "\t"
        return
    if name in ("t", "p", "h", "span", "a") and element.text and not element.text.isspace():
        yield element.text
    for child in element:
        yield from _said(child)
        if child.tail and not child.tail.isspace():
            yield child.tail
    yield _BREAKS.get(name, _GAPS.get(name, ""))


def numbered(parts: Iterable[str], what: str) -> str:
    if not what:
        return "\n".join(parts)
    return "\n\n".join(f"[{what} {number}]\n{text.strip()}" for number, text in enumerate(parts, 1))


def answer(path: str) -> dict[str, Any]:
    with Path(path).open("rb") as file:
        head = file.read(5)
    try:
        parts, what = pdf(path) if head == b"%PDF-" else office(path)
    except ModuleNotFoundError as error:
        return {"missing": error.name}
    except Wrong as wrong:
        return {"wrong": str(wrong)}
    text = numbered(parts, what) if any(part.strip() for part in parts) else ""
    return {"text": text[:_KEPT], "cut": len(text) > _KEPT, "parts": len(parts), "what": what}


def main() -> None:
    told = json.dumps(answer(json.loads(sys.stdin.readline())), ensure_ascii=False)
    sys.stdout.buffer.write(told.encode("utf-8", "replace") + b"\n")
