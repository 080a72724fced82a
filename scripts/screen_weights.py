"""Learns orchestrator/policy/screen/weights.txt: what each word, pair and meaning says for an order to an assistant.

    python -m scripts.screen_weights

From the passages of tests/policy/screen (the last round excepted, which only measures) and from half of the documents
of this machine (benchmarks/screen.py measures on the other half), which give no such orders. A passage is taught by its
sentences that show it best; a document by every one, two and three sentences in a row, those that look worst most.
The learner: a linear support vector machine (L2, squared loss) by dual coordinate descent (Hsieh et al., ICML 2008).
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from benchmarks.screen import TABLES, TAUGHT, documents, entries
from orchestrator.policy.screen.letters import letters
from orchestrator.policy.screen.manner import keys, seen
from orchestrator.policy.screen.sentences import WORD, said, sentences, words

OUT = Path(__file__).resolve().parents[1] / "orchestrator" / "policy" / "screen" / "weights.txt"
ROW = 3  # sentences that belong together
COMMON = 2  # passages in which a feature must be
ROUNDS = 4
SWEEPS = 25
TRUST, PATIENCE = 0.1, 0.05  # what a mistake costs: in a passage, in a document
CHARACTERS = 12_000  # of a document
EASY, HARD = 12_000, 6_000  # rows of documents: drawn by lot, and those that look worst, a round

DRAWN = 40  # sentences of a pattern

_CHOICE = re.compile(r"\{([^{}]*)\}")

Row = tuple[str, ...]


Shown = Callable[[str], list[frozenset[str]]]


def manner(text: str) -> list[frozenset[str]]:
    """The features of each sentence."""
    plain = letters(text).plain
    every = (said(" ".join(plain[one.start : one.end].split())) for one in sentences(plain))
    return [frozenset(keys(*words(voices))) for voices in every]


def glances(text: str) -> list[frozenset[str]]:
    """Those that are of one word each."""
    plain = letters(text).plain
    every = (WORD.findall(plain, one.start, one.end) for one in sentences(plain))
    return [frozenset(key for word in found for key in seen(word)) for found in every]


def rows(alone: list[frozenset[str]], known: Collection[str]) -> list[Row]:
    """What one, two and three sentences in a row show."""
    alone = [features.intersection(known) for features in alone]
    sizes = range(1, min(ROW, len(alone)) + 1)
    starts = ((size, at) for size in sizes for at in range(len(alone) - size + 1))
    return [tuple(sorted(frozenset().union(*alone[at : at + size]))) for size, at in starts]


class Weights:
    def __init__(self, known: Iterable[str]) -> None:
        self.of = dict.fromkeys([*known, ""], 0.0)  # and the bias

    def score(self, row: Row) -> float:
        of = self.of
        return of[""] + sum(of[key] for key in row)

    def learn(self, right: list[Row], wrong: list[Row], tolerated: list[Row], lot: random.Random) -> None:
        self.of = of = dict.fromkeys(self.of, 0.0)
        taught = [((*row, ""), 1, 0.5 / TRUST) for row in right]
        taught += [((*row, ""), -1, 0.5 / TRUST) for row in wrong]
        taught += [((*row, ""), -1, 0.5 / PATIENCE) for row in tolerated]
        pull = [0.0] * len(taught)
        order = list(range(len(taught)))
        for _ in range(SWEEPS):
            lot.shuffle(order)
            for at in order:
                present, sign, slack = taught[at]
                wanted = sign * sum([of[key] for key in present]) - 1 + slack * pull[at]
                before = pull[at]
                pull[at] = max(0.0, before - wanted / (len(present) + slack))
                if step := (pull[at] - before) * sign:
                    for key in present:
                        of[key] += step


def learnt(shown: Shown, right: list[str], wrong: list[str], tolerated: list[str]) -> dict[str, float]:
    lot = random.Random(1)
    orders, lookalikes = [found for text in right if (found := shown(text))], [shown(text) for text in wrong]
    counted = Counter(key for alone in (*orders, *lookalikes) for key in frozenset().union(*alone))
    weights = Weights(sorted(key for key, count in counted.items() if count >= COMMON))
    known = weights.of.keys()
    passages = [rows(alone, known) for alone in orders]
    alike = [row for alone in lookalikes for row in rows(alone, known)]
    other = [row for text in tolerated for row in rows(shown(text), known)]
    kept = dict.fromkeys(lot.sample(range(len(other)), min(EASY, len(other))))
    for _ in range(ROUNDS):
        best = [max(found, key=lambda row: (weights.score(row), len(row))) for found in passages]
        weights.learn(best, alike, [other[at] for at in kept], lot)
        scores = [weights.score(row) for row in other]
        kept |= dict.fromkeys(sorted(range(len(other)), key=scores.__getitem__)[-HARD:])
    return weights.of


def written(weights: dict[str, float]) -> Iterator[str]:
    yield "# Made by `python -m scripts.screen_weights`: what each feature of manner.py weighs, in hundredths."
    for key, weight in sorted(weights.items()):
        if hundredths := round(100 * weight):
            yield f"{key} {hundredths}"


def patterned(sign: str) -> Iterator[str]:
    """Some of what the patterns say; each alternative stands about as often as any other."""
    lot = random.Random(2)
    for line in (TABLES / "taught_patterns.txt").read_text("utf-8").splitlines():
        if line.startswith(sign):
            for _ in range(DRAWN):
                yield _CHOICE.sub(lambda match: lot.choice(match[1].split("|")), line[1:])


def part(text: str) -> str:
    """From somewhere within it."""
    start = random.Random(len(text)).randrange(max(1, len(text) - CHARACTERS))
    return text[start : start + CHARACTERS]


def main() -> None:
    right = [one.text for name in TAUGHT for one in entries(f"{name}attacks")]
    wrong = [one.text for name in TAUGHT for one in entries(f"{name}benign")]
    right, wrong = [*right, *patterned("+")], [*wrong, *patterned("-")]
    tolerated = [part(one) for one in documents("teach")]
    weights = [learnt(shown, right, wrong, tolerated) for shown in (manner, glances)]
    OUT.write_text("\n".join(written(weights[1] | weights[0])) + "\n", "utf-8")


if __name__ == "__main__":
    main()
