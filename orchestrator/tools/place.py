"""Where the work of a tool is done: said on its card, for whoever decides what it may do."""

from typing import Literal, Protocol, TypeAlias, runtime_checkable

# server: in its process. sandbox: in a confined process of its own. machine: by a program of this machine, not
# confined. elsewhere: on another machine, or in a container.
Place: TypeAlias = Literal["server", "sandbox", "machine", "elsewhere"]


@runtime_checkable
class Placed(Protocol):
    """A tool that says so; one that does not works in the server's process."""

    @property
    def place(self) -> Place: ...


def place_of(tool: object) -> Place:
    return tool.place if isinstance(tool, Placed) else "server"
