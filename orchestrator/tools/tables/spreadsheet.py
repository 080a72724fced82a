"""The sheets of an Excel workbook (xlsx, xlsm) as rows of text: values as last reckoned, dates with their hour.

Runs in the confined process of engine.py, with the standard library alone. Does not cover formulas without a kept
value, merged cells beyond their first, and the old binary form (xls).
"""

import datetime
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, iterparse

Row = list[str | None]
Unreadable = (zipfile.BadZipFile, zipfile.LargeZipFile, ParseError, KeyError, ValueError, NotImplementedError)

_SPACE = re.compile(r"^\{[^}]*\}")
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # number formats that are built in
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')  # of a number format, what is no placeholder
_CELL = re.compile(r"([A-Z]{1,3})\d+")
_MOST_COLUMNS = 16_384


class Workbook:
    def __init__(self, file: str) -> None:
        """Raises one of `Unreadable`."""
        self._archive = zipfile.ZipFile(file)
        self._texts: list[str] = []
        self._dates: list[bool] = []  # of each cell format, whether it shows a date
        names = set(self._archive.namelist())
        if "xl/sharedStrings.xml" in names:
            self._texts = [_text(entry) for entry in self._elements("xl/sharedStrings.xml", "si")]
        if "xl/styles.xml" in names:
            self._dates = self._formats()
        self._start = datetime.datetime(1899, 12, 30)  # Excel's day 0, after the leap day that 1900 did not have
        if any(entry.get("date1904") in ("1", "true") for entry in self._elements("xl/workbook.xml", "workbookPr")):
            self._start = datetime.datetime(1904, 1, 1)

    def sheets(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Each sheet's name and its rows. Raises one of `Unreadable` on the way."""
        targets = {
            entry.get("Id"): entry.get("Target", "")
            for entry in self._elements("xl/_rels/workbook.xml.rels", "Relationship")
        }
        for entry in self._elements("xl/workbook.xml", "sheet"):
            key = next((value for name, value in entry.items() if _SPACE.sub("", name) == "id"), None)
            target = targets.get(key, "").lstrip("/").removeprefix("xl/")
            if target.startswith("worksheets/"):
                yield entry.get("name", "sheet"), self._rows(f"xl/{target}")

    def _rows(self, part: str) -> Iterator[Row]:
        for entry in self._elements(part, "row"):
            row: Row = []
            for cell in entry:
                found = _CELL.fullmatch(cell.get("r", ""))
                place = _column(found[1]) if found else len(row)
                if place < _MOST_COLUMNS:
                    row += [None] * (place + 1 - len(row))
                    row[place] = self._value(cell)
            yield row

    def _value(self, cell: Element) -> str | None:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _text(cell)
        kept = next((part.text for part in cell if _SPACE.sub("", part.tag) == "v"), None)
        if kept is None or kind == "e":
            return None
        if kind == "s":
            return self._texts[int(kept)]
        if kind == "b":
            return "true" if kept == "1" else "false"
        style = int(cell.get("s", "0"))
        if kind == "n" and style < len(self._dates) and self._dates[style]:
            return self._moment(float(kept))
        return kept

    def _moment(self, days: float) -> str:
        try:
            moment = self._start + datetime.timedelta(seconds=round(days * 86_400))
        except OverflowError:
            return str(days)
        if 0 <= days < 1:
            return moment.time().isoformat()
        return moment.isoformat(" ")

    def _formats(self) -> list[bool]:
        shown = {
            int(entry.get("numFmtId", "0")): bool(re.search("[dmyhs]", _LITERAL.sub("", entry.get("formatCode", ""))))
            for entry in self._elements("xl/styles.xml", "numFmt")
        }
        for formats in self._elements("xl/styles.xml", "cellXfs"):
            numbers = [int(entry.get("numFmtId", "0")) for entry in formats]
            return [shown.get(number, number in _DATES) for number in numbers]
        return []

    def _elements(self, part: str, name: str) -> Iterator[Element]:
        """Every element of that name, forgotten once it was used."""
        with self._archive.open(part) as file:
            above: list[Element] = []
            for event, element in iterparse(file, events=("start", "end")):
                if event == "start":
                    above.append(element)
                    continue
                above.pop()
                if _SPACE.sub("", element.tag) == name:
                    yield element
                    if above:
                        above[-1].remove(element)


def _text(element: Element) -> str:
    """All the words in it, however they are coloured."""
    return "".join(part.text or "" for part in element.iter() if _SPACE.sub("", part.tag) == "t")


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
