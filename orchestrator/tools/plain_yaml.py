"""YAML from strangers: values only, and no aliases, a few lines of which can stand for a billion values."""

from typing import Any

from orchestrator.kernel.errors import InvalidInput


def load(text: str, what: str) -> Any:
    """Raises InvalidInput, which names what was read."""
    import yaml  # type: ignore[import-untyped]

    class Plain(yaml.SafeLoader):  # type: ignore[misc]
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("an alias (*name); write it out")
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, Plain)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise InvalidInput(f"{what} cannot be read: {said}.", hint="Mend it.") from error
