"""The plan of a request: steps that call tools, and steps that only compute over their results."""

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded.index import Entry, Parameter
from orchestrator.llm.providers.embedded.limits import Limit

# What a step without a tool does with the results of another.
Operation: TypeAlias = Literal[
    "count", "sum", "average", "max", "min", "first", "last", "sort", "project", "verdict", "limit"
]

# Why a part of the request leads to no step.
Why: TypeAlias = Literal[
    "negated",
    "open",
    "question",
    "vague",
    "condition",
    "unknown",
    "depends",
    "absent",
    "limited",
    "which",
    "told",
    "what",
]


class Ref(Struct, frozen=True):
    """A value that will come from earlier steps: a property of them, or (`""`) what they say, as text."""

    steps: tuple[int, ...]
    property: str = ""


class Step(Struct, frozen=True):
    said: str  # the person's own words for it
    entry: Entry | None = None
    each: tuple[dict[str, Any], ...] = ({},)  # the literal arguments of every call it makes
    refs: dict[str, Ref] = {}
    operation: Operation | None = None
    over: int = -1  # the step that an operation works on
    limit: Limit | None = None  # what a step of that operation keeps
    unit: str = ""  # the concept counted, measured or projected
    which: int = 1  # of a first: the how manieth; of the largest or smallest: how many
    told: bool = True  # whether the answer speaks of it
    past: bool = False  # of an earlier message of the conversation
    again: bool = False  # told once more, from the results of an earlier message

    @property
    def needs(self) -> tuple[int, ...]:
        return (*((self.over,) if self.operation else ()), *(i for ref in self.refs.values() for i in ref.steps))


class Ask(Struct, frozen=True):
    """What must be known before anything is done."""

    step: int
    missing: tuple[Parameter, ...]


class Note(Struct, frozen=True):
    why: Why
    said: str
    act: str = ""  # the concept that could not be served
    named: tuple[str, ...] = ()  # the paths that it names


class Plan(Struct, frozen=True):
    language: Language
    steps: tuple[Step, ...] = ()
    asks: tuple[Ask, ...] = ()
    notes: tuple[Note, ...] = ()
    talk: str = ""  # a kind of small talk, where the message is nothing else
    doubts: tuple[int, ...] = ()  # steps with effects that are not certain: the person is asked before any is done

    @property
    def own(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if not step.past)
