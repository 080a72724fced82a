"""Files of policies, statement by statement: each with its line, so that what is wrong is found."""

import re
from collections.abc import Iterator

from orchestrator.kernel.errors import InvalidInput

_TOKEN = re.compile(r"//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|;|[^\"/;]+|.", re.DOTALL)


def statements(text: str) -> Iterator[tuple[int, str]]:
    """The line on which each statement begins, and the statement."""
    line, begun, parts = 1, 0, list[str]()
    for found in _TOKEN.finditer(text):
        token = found[0]
        is_comment = token.startswith("//")
        if not begun and token.strip() and not is_comment:
            begun = line + token[: len(token) - len(token.lstrip())].count("\n")
        if begun and not is_comment:
            parts.append(token)
        line += token.count("\n")
        if token == ";":
            yield begun, "".join(parts).strip()
            begun, parts = 0, []
    if parts:
        yield begun, "".join(parts).strip()


def depth(statement: str) -> int:
    """How deep its brackets are nested."""
    deepest = now = 0
    for found in _TOKEN.finditer(statement):
        if found[0][0] in '"/':
            continue
        for character in found[0]:
            now = max(0, now + (character in "([{") - (character in ")]}"))
            deepest = max(deepest, now)
    return deepest


def wrong(file: str, line: int, problem: str, hint: str = "") -> InvalidInput:
    """What is wrong with a policy, and where."""
    text = problem.strip().rstrip(".")
    return InvalidInput(f"{file}, line {line}: {text}.", hint=hint or "See docs/policy.md for what a policy can say.")
