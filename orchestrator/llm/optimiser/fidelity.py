"""Was anything lost? A check that does not trust the optimiser, for your own texts.

The optimised text is restored first, as a careful reader would. If that gives the original, everything is
kept. If not, each statement of the original that bears a fact must still stand in it word for word: sentences,
lines, JSON documents, code. Of a web page what counts is what a browser shows, read here by Python's own parser.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from msgspec import Struct

from orchestrator.llm.optimiser import documents, noise, prose
from orchestrator.llm.optimiser.blocks import Block, split
from orchestrator.llm.optimiser.encode import canonical, restore
from orchestrator.llm.optimiser.facts import bears, facts, plain
from orchestrator.llm.optimiser.prompt import restore_history
from orchestrator.llm.optimiser.texts import M, texts_of

SHOWN = 50  # of what was lost


class Fidelity(Struct, frozen=True):
    lossless: bool  # the original can be restored
    statements: int  # that bear a fact
    kept: int
    lost: tuple[str, ...]  # the first of them
    facts: dict[str, int]  # of each form, how many different ones the original has
    facts_lost: dict[str, int]

    @property
    def share(self) -> float:
        return self.kept / self.statements if self.statements else 1.0

    @property
    def faithful(self) -> bool:
        return self.kept == self.statements


def check(original: str, optimised: str) -> Fidelity:
    return _compared(original, original if optimised == original else restore(optimised))


def _compared(original: str, restored: str) -> Fidelity:
    found = Counter(fact.kind for fact in facts(original))
    if restored in (original, canonical(original)):
        count = sum(1 for _ in _statements(original))
        return Fidelity(True, count, count, (), dict(found), {})
    whole = plain(restored)
    there = {plain(line) for line in restored.split("\n")}
    lost: list[str] = []
    count = 0
    for statement in _statements(original):
        count += 1
        said = plain(statement)
        if said not in there and said not in whole:
            lost.append(statement)
    missing = Counter(fact.kind for statement in lost for fact in facts(statement) if plain(fact.value) not in whole)
    return Fidelity(False, count, count - len(lost), tuple(lost[:SHOWN]), dict(found), dict(missing))


def _statements(text: str) -> Iterator[str]:
    for block in split(text):
        if block.kind == "json":
            yield from documents.write(documents.in_order(block.value), tables=False).split("\n")
        elif block.kind == "page":
            yield from (said for said in _visible("\n".join(block.lines)) if bears(said))
        elif block.kind == "code":
            yield "\n".join(block.lines)
        else:
            yield from _sentences(block)


def _sentences(block: Block) -> Iterator[str]:
    for line in noise.clean(block.lines):
        if prose.is_courtesy(line):
            continue
        for sentence in prose.sentences(line):
            if bears(sentence) and not prose.empty(sentence) and not prose.interjects(sentence):
                yield sentence


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "svg", "noscript", "template")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "svg", "noscript", "template")

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0 and data.strip():
            self.said.append(data)


def _visible(page: str) -> list[str]:
    parser = _Visible()
    parser.feed(page)
    parser.close()
    return parser.said


def check_history(original: Sequence[M], optimised: Sequence[M]) -> Fidelity:
    """The same of a conversation, message by message: what each lost, of all of them."""
    found = [
        _compared("\n".join(texts_of(before)), "\n".join(texts_of(after)))
        for before, after in zip(original, restore_history(optimised), strict=True)
    ]
    return Fidelity(
        lossless=all(one.lossless for one in found),
        statements=sum(one.statements for one in found),
        kept=sum(one.kept for one in found),
        lost=tuple(statement for one in found for statement in one.lost)[:SHOWN],
        facts=dict(sum((Counter(one.facts) for one in found), Counter())),
        facts_lost=dict(sum((Counter(one.facts_lost) for one in found), Counter())),
    )
