"""How a tool asks a language model: the agents room hands it in, and what it costs is the run's."""

from typing import Any, Protocol

from msgspec import Struct

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Image

HINT = "Connect a language model: orchestrator models add NAME"


class Asked(Struct, frozen=True):
    """What a model answered."""

    text: str
    model: str
    tokens: int = 0  # read and written
    cost: float = 0.0  # US dollars


class Ask(Protocol):
    async def __call__(
        self,
        prompt: str,
        *,
        instructions: str = "",
        model: str = "",
        images: tuple[Image, ...] = (),
        schema: dict[str, Any] | None = None,
    ) -> Asked:
        """One answer, of the model named, or of the one that suits. `schema`: the JSON Schema the text is of.

        Raises ToolFailed where there is none, where it fails, or where the run's money is spent.
        """


async def nobody_to_ask(
    prompt: str,
    *,
    instructions: str = "",
    model: str = "",
    images: tuple[Image, ...] = (),
    schema: dict[str, Any] | None = None,
) -> Asked:
    """What a tool is given where there are no models."""
    del prompt, instructions, model, images, schema
    raise ToolFailed("There is no language model to ask here.", hint=HINT)
