"""NAME=VALUE, as it is written in options."""

from collections.abc import Iterable


def pairs(given: Iterable[str] | None, example: str) -> dict[str, str]:
    """Raises InvalidInput, with the example."""
    from orchestrator.kernel.errors import InvalidInput

    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInput(f"{text!r} is not NAME=VALUE.", hint=f"For instance {example}")
        found[name] = value
    return found
