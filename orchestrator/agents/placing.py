"""Operations on a run are done by the process that works on it: here, or where another node has it.

`@placed` marks one whose `run_id` says which run. Without a cluster it is the method itself.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, Protocol, TypeVar, get_type_hints

import msgspec

from orchestrator.agents.ports import Cluster

P = ParamSpec("P")
T = TypeVar("T")


class Placed(Protocol):
    """Who has operations on runs."""

    @property
    def cluster(self) -> Cluster | None: ...


def placed(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    name, signature = method.__qualname__, inspect.signature(method)

    @functools.wraps(method)
    async def done(*given: P.args, **named: P.kwargs) -> T:
        self: Any = given[0]
        if self.cluster is None:
            return await method(*given, **named)
        arguments = dict(signature.bind(*given, **named).arguments)
        del arguments["self"]
        sent = msgspec.to_builtins(arguments)
        result: T = await self.cluster.at(arguments["run_id"], name, sent, lambda: method(*given, **named))
        return result

    done.__dict__["placed"] = name
    return done


def operations(*owners: Placed) -> dict[str, Callable[..., Awaitable[Any]]]:
    """What other nodes may ask of this one, by name."""
    found: dict[str, Callable[..., Awaitable[Any]]] = {}
    for owner in owners:
        for _, method in inspect.getmembers(type(owner), inspect.iscoroutinefunction):
            if (name := method.__dict__.get("placed")) is not None:
                found[name] = _asked(owner, method.__wrapped__)
    return found


def _asked(owner: Placed, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    types = get_type_hints(method)

    async def act(**given: Any) -> Any:
        read = {name: msgspec.convert(value, types[name]) for name, value in given.items()}
        return await method(owner, **read)

    return act
