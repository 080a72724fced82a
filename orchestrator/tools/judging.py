"""Arguments held to a schema that somebody else wrote: it looks nothing up, and no pattern of it takes for ever."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Arguments, ToolSpec

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

_BRANCHES = 3  # of a choice whose faults are said


class Judge:
    """Of the calls of one tool. Its schema is made ready at the first: most tools of strangers are never called."""

    def __init__(self, spec: ToolSpec) -> None:
        self._spec = spec

    @cached_property
    def _schema(self) -> "Validator":
        return validator(self._spec.parameters)

    def check(self, arguments: Arguments) -> None:
        """Raises ToolRetry, which says what is wrong and where."""
        if (error := next(iter(self._schema.iter_errors(arguments)), None)) is not None:
            place = ".".join(str(step) for step in error.instance_path)
            known = ", ".join(self._spec.parameters.get("properties", {})) or "none"
            raise ToolRetry(
                f"The arguments of {self._spec.name} are wrong{f' at {place}' if place else ''}: {_said(error)}.",
                hint=f"Its arguments: {known[:1000]}.",
            )


def validator(schema: Mapping[str, Any]) -> "Validator":
    """Raises ValueError for what is no schema."""
    import jsonschema_rs  # of megabytes, and most people have no foreign server

    patterns = jsonschema_rs.FancyRegexOptions(backtrack_limit=50_000)
    return jsonschema_rs.validator_for(dict(schema), pattern_options=patterns, retriever=_nothing)


def _nothing(uri: str) -> Any:
    raise ValueError(f"{uri[:100]} is elsewhere")


def _said(error: "ValidationError") -> str:
    """Of a choice, what is wrong with each."""
    branches = [branch[0] for branch in getattr(error.kind, "context", None) or () if branch]
    if not branches:
        return error.message[:1000]
    return "either " + ", or ".join(_said(branch) for branch in branches[:_BRANCHES])
