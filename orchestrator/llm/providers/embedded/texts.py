"""Free text without quotation marks: where it begins and ends, and whether the words are the text itself."""

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from msgspec import Struct

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.index import Entry, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, fold, is_action, known, listed, stem
from orchestrator.llm.providers.embedded.lexicon import ARTICLES, DEFINITE, SAYABLE, words
from orchestrator.llm.providers.embedded.mentions import Mention
from orchestrator.llm.providers.embedded.segment import Clause


class Stretch(Struct, frozen=True):
    start: int
    end: int
    value: str
    literal: bool  # else a way to speak of something: `the result`, `the date`
    explicit: bool = False  # after a colon, or a word such as `saying`


_SOME: Final = words("a un une du des de")  # articles that may begin a text: `a cake`, `du pain`
INTRODUCE: Final = words(
    "containing saying contenant disant says dit reads text texte word mot words mots line ligne phrase sentence string"
    " message contient mention mentions contain contains contiennent"
)
_EVERY: Final = words("all every everything any anything something tous tout toutes chaque it them that")
_POINTING: Final = words("that this these those it its them ce cet cette ces cela ca ceci qui que which who whose")
CLOSING: Final = re.compile(r"[)\]};]*")  # signs that end a piece of code
_AWAY: Final = words("in into to onto at dans a au vers sur sous inside within from under par with avec et and")
FROM: Final = words("from of de in on dans sur depuis at")
_OF: Final = words("of de du des d by per par")
_BARELY: Final = frozenset(["of", "de"])
_ABOUT: Final = words("to about pour de d")
ABOUT: Final = re.compile(r"(?:(?:to|for|about|that|pour|de|que)\s+|d['’])", re.IGNORECASE)
_OWN: Final = words("my mon ma mes our notre nos is are est sont")
_STATEMENTS: Final = frozenset(["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"])  # of SQL: no command
_HERE: Final = words("here ici")
_ASIDE: Final = words("with avec dans in and et")
_TO_ME: Final = words("moi me - for")
_ENDING: Final = frozenset(["path", "folder", "glob", "url", "email", "moment", "timing", "zone"])
POLITE: Final = re.compile(
    r"(?:please|pls|s'il (?:te|vous) pla[iî]t|stp|svp|merci|thanks|for me)\s*[.!?]*$", re.IGNORECASE
)


def find(clause: Clause, entry: Entry, parameter: Parameter, taken: Sequence[Mention]) -> Stretch | None:
    """The text that a parameter may take from the words of a clause. `taken`: values of other parameters."""
    colon = next((word for word in clause.words if word.norm == ":"), None)
    if colon is not None and clause.text[colon.end : clause.end].strip() and not clause.text[colon.end].isalnum():
        return _stretch(clause, parameter, colon.end, clause.end, explicit=True)
    found: Stretch | None = None
    for start, rest, explicit in _openings(clause, entry, parameter):
        end = _tail_end(clause, entry, parameter, rest) if parameter.tail else _end(clause, start, rest, taken)
        stretch = _stretch(clause, parameter, start, end, explicit) if end > start else None
        if stretch is not None and stretch.literal and not explicit and not parameter.tail:
            inside = [
                word for word in clause.words if stretch.start <= word.start < stretch.end and word.norm.isalnum()
            ]
            stretch = None if _about(entry, inside) else stretch
        if stretch is not None and stretch.literal:
            return stretch
        found = found or stretch
    return found


def _stretch(clause: Clause, parameter: Parameter, start: int, end: int, explicit: bool) -> Stretch | None:
    value = clause.text[start:end]
    if parameter.tail:
        value = re.sub(r"(?<=\w)[?!.]$", "", POLITE.sub("", value).rstrip(" ,\n"))
        value = value.strip().strip('"«»“”').strip(" ,;")
    else:
        value = value.strip(" ,;.!?:\n")
    if not value:
        return None
    inside = [word for word in clause.words if start <= word.start < end and word.norm.isalnum()]
    if parameter.tail:
        literal = _command(inside)
    else:
        literal = (explicit and _weighty(clause, start, inside)) or _itself(clause, parameter, start, end, inside)
    return Stretch(start, end, value, literal, explicit)


def meant(
    clause: Clause,
    entry: Entry,
    parameter: Parameter,
    start: int,
    end: int,
    *,
    sure: bool = False,
    timed: bool = False,
) -> bool:
    """Whether words are the text itself, rather than a way to speak of something. `sure`: where all else is as
    shown, so that an ordinary word may be a value: `by city`; `timed`: beside a time, where anything may be said."""
    inside = [word for word in clause.words if start <= word.start < end and word.norm.isalnum()]
    if parameter.named and any(
        word.concept in parameter.before and word.norm not in STOP_WORDS for word in inside[:-1]
    ):
        return False  # `le conteneur web` is no name, `web` is
    if parameter.named and inside and inside[0].norm in _OF:
        return False
    if entry.harmless and parameter.named and len(inside) == 1 and _before(clause, start) in _BARELY:
        return True  # `git status of project`: what has no article is a name
    pointing = bool(inside) and inside[0].norm in _POINTING
    if timed and not pointing:
        return any(word.norm not in STOP_WORDS for word in inside)
    if sure and parameter.brief and len(inside) <= parameter.longest and not pointing:
        return any(word.norm not in STOP_WORDS or word.norm in SAYABLE for word in inside)
    return not pointing and _itself(clause, parameter, start, end, inside) and not _about(entry, inside)


def _before(clause: Clause, start: int) -> str:
    return next((word.norm for word in reversed(clause.words) if word.end <= start), "")


def _about(entry: Entry, inside: Sequence[Token]) -> bool:
    """Whether words only name what the tool is about: `open a ticket` gives a ticket no title."""
    heavy = [word for word in inside if word.norm not in STOP_WORDS]
    return bool(heavy) and all(word.concept in entry.common and word.norm not in lexicon.PROGRAMS for word in heavy)


def name(clause: Clause, entry: Entry, parameter: Parameter, used: Collection[int]) -> Stretch | None:
    """A name beside a word that stands before one in the examples: `in Lille, will it rain?`, `the nginx service`."""
    if not parameter.brief or parameter.tail:
        return None
    said = [word for word in clause.words if word.start not in used]
    runs = (_beside(said, place, entry, parameter) for place in range(len(said)))
    run = next(filter(None, runs), None) or _shown(said, parameter)
    if not run:
        return None
    end = _GLUED.match(clause.text, run[-1].end, clause.end).end()  # type: ignore[union-attr]
    start = run[0].start
    while start > clause.start and clause.text[start - 1] == "-" and clause.text[start - 2].isalnum():
        start = re.search(r"\w+-$", clause.text[:start]).start()  # type: ignore[union-attr]
    return Stretch(start, end, clause.text[start:end], True)


def _beside(said: Sequence[Token], place: int, entry: Entry, parameter: Parameter) -> Sequence[Token]:
    """The words of a name beside the word at a place, where that leads to one."""
    word = said[place]
    telling = word.norm not in STOP_WORDS and not is_action(word.concept)  # `branch`, rather than `of`
    telling = telling or (place + 2 == len(said) and _leads_only(word, entry, parameter))  # `… by month`
    if word.norm not in parameter.leads and not (telling and word.concept in parameter.before):
        return ()
    if not (telling or parameter.required):
        return ()
    after = list(itertools.takewhile(_could_be_named, said[place + 1 : place + 1 + parameter.longest + 1]))
    if word.norm.endswith("s") and word.norm not in parameter.leads:
        after = []  # `the containers …` leads to no name of one
    before = said[max(0, place - 1) : place]
    if telling and before and fold(before[0].text) in parameter.values:
        return before
    for run in (after[: parameter.longest], after, before if telling else ()):
        if _names(run, entry):
            return run
    if telling and _last(said, place) and _plain(said[place + 1], entry) and parameter.required:
        return said[place + 1 : place + 2]  # `to the branch test`
    if telling and after and (fold(after[0].text) in parameter.values or _names(after[:1], entry, strange=False)):
        return after[:1]
    return ()


def _shown(said: Sequence[Token], parameter: Parameter) -> Sequence[Token]:
    """A name that an example has, with nothing that leads to it: `restart nginx`."""
    shown = [word for word in said if fold(word.text) in parameter.values and not known(word.norm)]
    return shown if parameter.required and len(shown) == 1 else ()


_GLUED: Final = re.compile(r"(?:[^\s,;!?\"«»“”']*[\w/])?")  # what goes on without a space is the same name


def _last(said: Sequence[Token], place: int) -> bool:
    rest = [word for word in said[place + 1 :] if word.norm.isalnum()]
    return len(rest) == 1 and rest[0] is said[place + 1]


def _plain(word: Token, entry: Entry) -> bool:
    return word.norm not in STOP_WORDS and word.concept not in entry.vocabulary


def _leads_only(word: Token, entry: Entry, parameter: Parameter) -> bool:
    """Whether it is the first of the arguments that such a word leads to."""
    return next((each for each in entry.parameters if word.norm in each.leads), None) is parameter


def _names(run: Sequence[Token], entry: Entry, strange: bool = True) -> bool:
    """Whether words may be a name; `strange`: at least one must be none that people speak with."""
    if not run or not all(map(_could_be_named, run)) or any(_spoken(word, entry) for word in run):
        return False
    return not strange or any(not known(word.norm) or word.concept in lexicon.CHOICES for word in run)


def _spoken(word: Token, entry: Entry) -> bool:
    """Whether a word is of those that the tool is spoken of with, not only a slip of one."""
    return word.concept in entry.vocabulary and (known(word.norm) or stem(word.norm) == word.concept)


def _could_be_named(word: Token) -> bool:
    acts = is_action(word.concept) and known(word.norm)  # `redis` is no slip of `reads` where a name is due
    return word.norm == "-" or (word.norm.isalnum() and word.norm not in STOP_WORDS and not acts)


# Where it begins


def _openings(clause: Clause, entry: Entry, parameter: Parameter) -> Iterator[tuple[int, list[Token], bool]]:
    """After a word such as `containing`, after the words that stand before it in examples, or after the act."""
    said = list(clause.words)
    introducers = [place for place, word in enumerate(said) if word.norm in INTRODUCE and place]
    if parameter.named and not parameter.required:
        introducers = []  # a line is no name
    acts = [place for place, word in enumerate(said) if word.concept in entry.actions]
    carriers = [place for place in acts if said[place].concept in parameter.before][:1]
    if parameter.required and not parameter.tail:
        carriers = carriers or acts[:1]
        carriers += [
            place for place, word in enumerate(said) if word.norm in _ABOUT and place > min(acts, default=place)
        ]
    for place in (*introducers[-1:], *carriers):
        start, rest = _after_lead(clause, said[place].end, said[place + 1 :], parameter)
        yield start, rest, place in introducers


def _after_lead(clause: Clause, start: int, rest: list[Token], parameter: Parameter) -> tuple[int, list[Token]]:
    """Past words that only lead to the text: `moi`, `the command`, `the text`."""
    while rest and not clause.text[start : rest[0].start].strip():
        tail = parameter.tail
        led = _leads(rest[0], parameter) or _heads(rest[0], tail) or rest[0].norm in _TO_ME or rest[0].norm == "'"
        article = rest[0].norm in ARTICLES and len(rest) > 1 and _heads(rest[1], tail)
        if not led and not article:
            break
        start = rest.pop(0).end
    return start, rest


def _leads(word: Token, parameter: Parameter) -> bool:
    """A preposition that stands before this text in an example: `remind me to …`."""
    return word.norm in _ABOUT and word.concept in parameter.before


def _heads(word: Token, tail: bool) -> bool:
    if tail:
        return word.concept == "command"
    return word.concept in ("command", "contain", "word") or word.norm in INTRODUCE


# Where it ends


def _end(clause: Clause, start: int, rest: Sequence[Token], taken: Sequence[Mention]) -> int:
    """Before the next value of another kind, and before the preposition that leads to it."""
    others = [each.start for each in clause.mentions if each.kind in _ENDING and (not each.weak or each in taken)]
    end = min([place for place in others if place >= start], default=clause.end)
    inside = [word for word in rest if word.start < end]
    for place, word in enumerate(inside):
        after = [each for each in inside[place + 1 :] if each.end <= end and each.norm not in STOP_WORDS]
        closes = end - word.end <= 1 or all(each.concept in lexicon.THINGS for each in after)
        if word.norm in _AWAY and closes and word.start > start + 1:
            return word.start
    last = inside[-1] if inside else None
    if (
        last is not None
        and last.norm in _HERE
        and last.start > start + 1
        and not clause.text[last.end : end].strip(" ?.!,")
    ):
        return last.start
    return end


def _tail_end(clause: Clause, entry: Entry, parameter: Parameter, rest: Sequence[Token]) -> int:
    """A text that runs on stops only before what examples show after it: `with a limit of …`."""
    for place, word in enumerate(rest):
        if word.norm in parameter.after & _ASIDE:
            after = [each for each in rest[place + 1 : place + 4] if each.norm not in STOP_WORDS]
            named = frozenset[str]().union(*(each.names for each in entry.parameters if each is not parameter))
            if any(each.concept in (entry.vocabulary if known(each.norm) else named) for each in after):
                return word.start
    return clause.end


# Whether it is meant as it is


def _command(inside: Sequence[Token]) -> bool:
    if not inside or all(word.norm in STOP_WORDS for word in inside):
        return False
    first = inside[0]
    if first.text in _STATEMENTS:
        return False
    return first.norm not in ARTICLES | _EVERY and first.concept not in ("command", "result")


def _weighty(clause: Clause, start: int, inside: Sequence[Token]) -> bool:
    """Whether words are more than small ones: `the words in` names no text."""
    if clause.text[start - 1 : start] == ":" or not inside:
        return True
    return any(word.norm not in STOP_WORDS or word.norm in SAYABLE for word in inside)


def _itself(clause: Clause, parameter: Parameter, start: int, end: int, inside: Sequence[Token]) -> bool:
    if not inside:
        numbers = [each for each in clause.mentions if each.kind in ("number", "expression")]
        return any(start <= each.start < end for each in numbers)
    if fold(clause.text[start:end].strip()) in parameter.values:
        return True  # an example has just that
    if not parameter.required and inside[0].norm in _OWN:
        return False  # `where are my glasses?`: no text of a file
    if parameter.brief and (len(inside) > parameter.longest + 1 or inside[0].norm in _AWAY | _POINTING):
        return False
    heavy = [word for word in inside if word.norm not in STOP_WORDS or word.norm in SAYABLE]
    if not heavy or "edit" in clause.actions or any(word.concept == "artwork" for word in heavy[:2]):
        return False  # `replace a with b`, `write a poem`: not what to write, but how, or about what
    if all(_ordinary(word) and (listed(word.norm) or not parameter.brief) for word in heavy):
        return False
    return (
        not parameter.required
        or (parameter.articled and inside[0].norm in DEFINITE)
        or inside[0].norm not in ARTICLES - _SOME
    )


def _ordinary(word: Token) -> bool:
    """A word by which people speak of things, rather than one that they would write down."""
    named = word.norm in lexicon.SUPERLATIVES or word.norm in lexicon.SUPERLATIVE_ADJECTIVES
    return named or word.concept in lexicon.THINGS or word.concept in lexicon.OPEN or is_action(word.concept)
