"""The choice, from what is known: a pure ranking of candidates, with its reason.

Of the models that can do it now, those are good enough whose quality at this kind of task reaches the target; of
these the cheapest is taken, and where prices are equal the less busy, the faster, the one that is preferred. Where
none is good enough, the best. A request may say more of itself (its class):

    auto                cheapest that is good enough
    auto:interactive    fastest that is good enough
    auto:batch          cheapest that is good enough, whatever its speed, however busy
    auto:private        only on this machine
    auto:PLACE          only where a provider says `place = "PLACE"`
"""

from collections.abc import Sequence

from msgspec import Struct

from orchestrator.kernel.settings import Capability
from orchestrator.llm.base import ModelInfo
from orchestrator.llm.resilience.speed import Speed
from orchestrator.llm.routing.bandit import Learnt
from orchestrator.llm.routing.kinds import DEMANDS, Kind

UNKNOWN = 0.9  # quality of a model that nobody knows: somebody chose it, so it is trusted until something is learnt
ANSWER_TOKENS = 400  # of a reply, to compare prices and times
CLASSES = ("", "interactive", "batch", "private")
LOCAL = "local"


class Errand(Struct, frozen=True):
    """What is to be done, as far as it matters to who does it."""

    kind: Kind = "question"
    needs: frozenset[Capability] = frozenset()
    tokens: int = 500  # to read
    manner: str = ""  # one of CLASSES, or a place


class Candidate(Struct, frozen=True):
    label: str  # provider/model
    info: ModelInfo
    place: str = ""  # "local": on this machine
    busy: float = 0.0  # share of its places that is taken; above 1: others wait
    resumes_in: float = 0.0  # seconds until it is asked again; 0: it is well
    speed: Speed | None = None
    order: int = 0  # of preference


class Ranked(Struct, frozen=True):
    candidate: Candidate
    quality: float
    dollars: float
    reason: str


class _Scored(Struct):
    candidate: Candidate
    quality: float
    good: bool
    dollars: float
    seconds: float


def rank(candidates: Sequence[Candidate], errand: Errand, learnt: Learnt, target: float) -> list[Ranked]:
    """Who should do it, the best choice first. Empty where nobody can."""
    wanted = min(0.99, max(0.0, target + DEMANDS[errand.kind]))
    scored = [_score(one, errand, learnt, wanted) for one in candidates if able(one, errand)]
    if not scored:
        return []
    if errand.manner == "interactive":
        scored.sort(key=lambda one: (not one.good, one.seconds, one.dollars, -one.quality, one.candidate.order))
    elif errand.manner == "batch":
        scored.sort(key=lambda one: (not one.good, one.dollars if one.good else -one.quality, one.candidate.order))
    else:
        scored.sort(key=_usual)
    reason = _reason(scored, errand, wanted)
    return [
        Ranked(one.candidate, one.quality, one.dollars, reason if index == 0 else "")
        for index, one in enumerate(scored)
    ]


def able(candidate: Candidate, errand: Errand) -> bool:
    info = candidate.info
    if not errand.needs <= info.capabilities or "chat" not in info.capabilities or candidate.resumes_in > 0:
        return False
    if info.context is not None and errand.tokens > info.context:
        return False
    if errand.manner == "private":
        return candidate.place == LOCAL
    return errand.manner in CLASSES or candidate.place == errand.manner


def _usual(one: _Scored) -> tuple[bool, bool, float, float, int, float]:
    candidate = one.candidate
    worth = one.dollars if one.good else -one.quality
    return not one.good, candidate.busy > 1, worth, round(candidate.busy, 1), candidate.order, one.seconds


def _score(candidate: Candidate, errand: Errand, learnt: Learnt, wanted: float) -> _Scored:
    info = candidate.info
    before = UNKNOWN if info.quality is None else info.quality
    quality = learnt.drawn(errand.kind, candidate.label, before)
    dollars = 0.0
    if info.price is not None:
        dollars = (errand.tokens * info.price.input + ANSWER_TOKENS * info.price.output) / 1e6
    predicted = candidate.speed.predicted(ANSWER_TOKENS) if candidate.speed is not None else None
    seconds = 0.0 if predicted is None else predicted * (1 + candidate.busy)  # who is not known yet is tried
    return _Scored(candidate, quality, quality >= wanted, dollars, seconds)


def _reason(scored: Sequence[_Scored], errand: Errand, wanted: float) -> str:
    first = scored[0]
    name, task = first.candidate.label, f"{_article(errand.kind)} {errand.kind} task"
    if len(scored) == 1:
        return f"{name} is the only one that can"
    expected = f"{first.quality:.0%} expected, {wanted:.0%} wanted"
    if not first.good:
        return f"{name} is the best there is for {task} ({expected})"
    good = [one for one in scored if one.good]
    if len(good) == 1:
        return f"{name} is the only one good enough for {task} ({expected})"
    if errand.manner == "interactive" and first.seconds:
        return f"{name} is the fastest of {len(good)} good enough for {task} (about {first.seconds:.1f} s)"
    if first.dollars < min(one.dollars for one in good[1:]):
        return f"{name} is the cheapest of {len(good)} good enough for {task} ({_price(first)}, {expected})"
    return f"{name} is preferred of {len(good)} good enough for {task}"


def _price(one: _Scored) -> str:
    known = one.candidate.info.price is not None or one.candidate.place == LOCAL
    return f"about ${one.dollars:.2g}" if known else "at a price nobody knows"


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"
