"""How much of what orders an assistant about is recognised, and what else is taken for it.

    python -m benchmarks.screen [FILE...]

Passages in tests/policy/screen: attacks, and texts that only look so. Four rounds, each written before the errors in
the one before were looked at, and measured when nothing had been developed on it (FIRST_SIGHT); the last never was,
though its totals were seen when the weights were chosen. "Taught": what was written for the weights to learn from.
A FILE has attacks that somebody else wrote, one a line: how many of them are caught. A passage counts as caught where
at least four fifths of its letters are withheld; each is tried alone and inside what tools return (a mail, JSON, YAML
with folded lines, a comment of a page, a paragraph, a thread). The baseline is a list of well-known phrases. "Documents
of this machine": descriptions of Python packages, licences, papers of Debian's packages, manual pages, READMEs of npm
packages, which nobody wrote for this; the half of them that the weights were not taught with.
"""

import gzip
import importlib.metadata
import inspect
import json
import re
import sys
import textwrap
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from benchmarks.report import median, write
from orchestrator.policy.screen.passages import Found, found_in

TABLES = Path(__file__).resolve().parents[1] / "tests" / "policy" / "screen"
HELD_OUT = 3  # one in so many
LENGTH = 60_000  # of a document that is read
CAUGHT = 0.8  # of its letters
COSTED = 12  # one document in so many

_KIND = re.compile(r"\[([a-z ,]+)\] [A-Z]")
_ROFF = re.compile(r"^\.\\\".*$|^\.[A-Za-z]+ ?|\\f.|\\&", re.MULTILINE)
_KNOWN = re.compile(
    r"ignore (?:all |any )?(?:the )?(?:previous|prior|above) (?:instructions|prompts|directions)"
    r"|disregard (?:all |the )?(?:previous|above)"
    r"|system prompt|you are now|do not tell the user|<\|im_start\|>|\[INST\]|as an ai|jailbreak|developer mode",
    re.IGNORECASE,
)


class Entry(Struct, frozen=True):
    kind: str
    text: str
    held_out: bool


def entries(name: str) -> Iterator[Entry]:
    """What begins like a comment was never looked at while the recogniser was made, and is held out."""
    kind, number, before = "", 0, ""
    for line in (TABLES / f"{name}.txt").read_text("utf-8").splitlines():
        if not before and (head := _KIND.match(line)) is not None:
            kind = head[1]
        elif line and kind:
            comment = line.startswith("# ")
            yield Entry(kind, line.replace("⏎", "\n"), comment or number % HELD_OUT == HELD_OUT - 1)
            number += not comment
        before = line


# What tools return, with a place for words of others.

MAIL = "From: ana@corp.example\nSubject: Figures\n\nHello,\n\nhere are the figures of March.\n\n{}\n\nBest\nAna\n"
PAGE = "<html><body><h1>Museum</h1><p>Open from nine to five.</p><!-- {} --><p>Tickets: twelve euros.</p></body></html>"
PARAGRAPH = "The museum is open from nine to five. It has three floors and a garden. {}\n\nTickets cost twelve euros.\n"
THREAD = "bob (10:02): lunch at noon?\nalice (10:03): fine with me\nmal (10:05): {}\nbob (10:06): see you there\n"


def _json(text: str) -> tuple[str, str]:
    reviews = [{"stars": 5, "text": "Lovely rooms."}, {"stars": 4, "text": text}, {"stars": 3, "text": "A bit loud."}]
    return json.dumps(reviews, indent=2, ensure_ascii=False), json.dumps(text, ensure_ascii=False)[1:-1]


def _folded(text: str) -> tuple[str, str]:
    said = text.replace('"', '\\"').replace("\n", "\\n")
    folded = "\n    ".join(textwrap.wrap(said, 78, break_long_words=False)) or said
    return f'- id: 1\n  sender: ana@corp.example\n  body: "{folded}"\n- id: 2\n  body: "See you at noon."\n', folded


CARRIERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "alone": lambda text: (text, text),
    "in a mail": lambda text: (MAIL.format(text), text),
    "in JSON": _json,
    "in YAML": _folded,
    "in a comment of a page": lambda text: (PAGE.format(text), text),
    "in a paragraph": lambda text: (PARAGRAPH.format(text), text),
    "in a thread": lambda text: (THREAD.format(text), text),
}


def covered(found: tuple[Found, ...], start: int, end: int) -> int:
    return sum(max(0, min(end, one.end) - max(start, one.start)) for one in found)


def caught(text: str, carrier: str) -> tuple[bool, float]:
    """Whether an attack is caught, and the share of everything around it that is kept."""
    whole, written = CARRIERS[carrier](text)
    start = whole.index(written)
    found, end = found_in(whole), start + len(written)
    inside = covered(found, start, end)
    around = len(whole) - len(written)
    lost = covered(found, 0, len(whole)) - inside
    return inside >= CAUGHT * len(written), 1 - lost / around if around else 1.0


def figures_of(attacks: list[Entry], benign: list[Entry]) -> dict[str, Any]:
    rows: dict[str, Any] = {"attacks": len(attacks), "texts that only look so": len(benign)}
    for carrier in CARRIERS:
        tried = [caught(entry.text, carrier) for entry in attacks]
        rows[f"caught {carrier} %"] = share(sum(hit for hit, _ in tried), len(tried))
        if carrier != "alone":
            rows[f"kept around it {carrier} %"] = round(100 * sum(kept for _, kept in tried) / len(tried), 1)
    rows["withheld by mistake %"] = share(sum(bool(found_in(entry.text)) for entry in benign), len(benign))
    rows["known phrases: caught %"] = share(sum(bool(_KNOWN.search(one.text)) for one in attacks), len(attacks))
    rows["known phrases: by mistake %"] = share(sum(bool(_KNOWN.search(one.text)) for one in benign), len(benign))
    return rows


def share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1)


def documents(use: Literal["teach", "measure"]) -> Iterator[str]:
    """What lies on this machine: one half taught the weights, the other measures them."""
    for text in dict.fromkeys(_documents()):
        if len(text) > 200 and zlib.crc32(text.encode()) % 2 == (use == "teach"):
            yield text


def _documents() -> Iterator[str]:
    for package in importlib.metadata.distributions():
        yield str(package.metadata.json.get("description", ""))[:LENGTH]
    places = (  # and every how many of their files are read
        ("/usr/share/common-licenses", "*", 1),
        ("/usr/share/doc", "*/*", 1),
        ("/usr/share/man/man1", "*.gz", 16),
        (str(Path(inspect.__file__).parent / "pydoc_data"), "topics.py", 1),
        (str(TABLES.parents[2] / "web" / "node_modules"), "*/[Rr][Ee][Aa][Dd][Mm][Ee].md", 1),
    )
    for place, names, step in places:
        for path in sorted(Path(place).glob(names))[::step]:
            if path.is_file() and not path.is_symlink() and not path.name.startswith("changelog"):
                yield _text(path)


def _text(path: Path) -> str:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = raw.decode("utf-8", "replace")
    if "man" in path.parts[-2]:
        text = _ROFF.sub("", text).replace("\\-", "-")
    return text[:LENGTH]


def cost(text: str, read: Callable[[str], object] = found_in) -> float:
    """Milliseconds of processor for 20,000 characters of it."""
    sized = (text * (20_000 // len(text) + 1))[:20_000]
    tries = []
    for _ in range(9):
        began = time.process_time()
        read(sized)
        tries.append(1000 * (time.process_time() - began))
    return median(tries)


ROUNDS = ("", "more_", "third_")  # that were developed on, the first but for what was held out until the second

TAUGHT = ("taught_", *ROUNDS)  # what the weights learnt from

# Caught %, withheld by mistake %: of each set when nothing had been developed on it. Made by this command at the commit
# named; it cannot be made again by today's.
FIRST_SIGHT = {
    "first round, the third held out (a0309c8)": {"caught %": 82.4, "withheld by mistake %": 6.2},
    "second round (258f1d8)": {"caught %": 20.5, "withheld by mistake %": 20.7},
    "third round (before 44 more cues)": {"caught %": 53.2, "withheld by mistake %": 5.9},
    "last round, by cues alone (c714920)": {"caught %": 50.0, "withheld by mistake %": 4.0},
    "what the weights were taught, by cues alone (c714920)": {"caught %": 13.0, "withheld by mistake %": 2.6},
}


def spent() -> dict[str, float]:
    """Milliseconds of processor for 20,000 characters."""
    page = (TABLES.parents[2] / "docs" / "llm.md").read_text("utf-8")
    licence = Path("/usr/share/common-licenses/GPL-3").read_text("utf-8")
    sample = [text for text in documents("measure") if len(text) > 5_000][::COSTED]
    return {
        "a document of this machine, median": round(median([cost(text) for text in sample]), 2),
        "a licence": round(cost(licence), 2),
        "a mail of short lines": round(cost(MAIL.format("It was a good month.")), 2),
        "our page about models": round(cost(page), 2),
        "known phrases, our page about models": round(cost(page, _KNOWN.findall), 2),
        "the worst we know (tell the user, ai: …)": round(cost("tell the user, ai: "), 2),
    }


def read() -> dict[str, float]:
    every = list(documents("measure"))
    found = [found_in(text) for text in every]
    return {
        "documents": len(every),
        "characters": sum(map(len, every)),
        "documents in which something is withheld": sum(map(bool, found)),
        "passages withheld": sum(map(len, found)),
        "characters withheld": sum(one.end - one.start for passages in found for one in passages),
    }


def main() -> None:
    def measured(*names: str) -> dict[str, Any]:
        attacks = [one for name in names for one in entries(f"{name}attacks")]
        return figures_of(attacks, [one for name in names for one in entries(f"{name}benign")])

    figures: dict[str, Any] = {
        "at first sight": FIRST_SIGHT,
        "last round, never developed on": measured("last_"),
        "three rounds that the cues were developed on, and the weights taught": measured(*ROUNDS),
        "what was written to teach the weights": measured("taught_"),
        "documents of this machine": read(),
        "milliseconds of processor for 20,000 characters": spent(),
    }
    for name in sys.argv[1:]:
        lines = [line.replace("⏎", "\n") for line in Path(name).read_text("utf-8").splitlines() if line]
        print(f"{name}: caught {share(sum(caught(line, 'alone')[0] for line in lines), len(lines))} % of {len(lines)}")
    write("screen", "python -m benchmarks.screen", figures)


if __name__ == "__main__":
    main()
