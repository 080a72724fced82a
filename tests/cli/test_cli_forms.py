"""What a server asks, filled in at a terminal: field by field, checked at once; nothing is hidden, nothing opened."""

from typing import Any

import pytest

from orchestrator.cli.follow import asking, deciding
from orchestrator.cli.forms import pairs
from orchestrator.cli.terminal import Terminal
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Language

FORM = {
    "type": "object",
    "required": ["city"],
    "properties": {
        "city": {"type": "string", "title": "Ci\u202ety", "minLength": 2},
        "days": {"type": "integer", "maximum": 7},
        "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
        "sea": {"type": "boolean"},
        "parts": {"type": "array", "items": {"anyOf": [{"const": "am"}, {"const": "pm"}]}},
    },
}


def question(**more: Any) -> dict[str, Any]:
    plain = {"kind": "question", "tool": "weather_look", "arguments": {}, "reason": "Which\x1b[2J city?", "link": ""}
    return {**plain, "details": {"source": "mcp:weather"}, "form": FORM, **more}


class Person:
    """Types these lines, and leaves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lines: str, language: Language = "en") -> None:
        self.terminal, self._lines = Terminal(language), list(lines)
        self.prompts: list[str] = []
        monkeypatch.setattr(self.terminal, "read_line", self._line)

    def _line(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)


def test_each_field_is_asked_until_it_is_as_described(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(monkeypatch, "a", "", "N", "Nice", "many", "8", "3", "", "maybe", "yes", "noon", "am, pm")
    said = asking(person.terminal)(question())
    assert said == {"city": "Nice", "days": 3, "unit": "c", "sea": True, "parts": ["am", "pm"]}
    told = capsys.readouterr().err
    assert "mcp:weather asks you" in told and "\x1b" not in told and "no password" in told
    assert "city must be filled in" in told and "days: a number, please." in told
    assert "\u202e" not in person.prompts[1] and "[c | f] (c)" in "".join(person.prompts)


def test_it_is_declined_or_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asking(Person(monkeypatch, "n").terminal)(question()) == "refuse"
    assert asking(Person(monkeypatch, "a", "Nice").terminal)(question()) is None  # Ctrl-D in the middle of it
    assert asking(Person(monkeypatch).terminal)(question()) is None


def test_a_page_is_shown_and_never_opened(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("webbrowser.open", lambda *_: pytest.fail("it was opened"))
    details = {"source": "mcp:weather", "host": "xn--pypal-4ve.example (p\u0430ypal.example)"}
    strange = [{"argument": "question", "kind": "imitates", "text": "x", "plain": "p<U+0430>ypal.example"}]
    asked = question(link="https://xn--pypal-4ve.example/p", form=None, details=details, lookalikes=strange)
    person = Person(monkeypatch, "d", language="fr")
    assert asking(person.terminal)(asked) == {}
    told = capsys.readouterr().err
    assert "xn--pypal-4ve.example" in told and "p<U+0430>ypal.example" in told and "ouvrez vous-même" in told


def test_yes_answers_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deciding(Person(monkeypatch, "a", "Nice", "", "", "", "").terminal, yes=True)(question()) == "refuse"
    person = Person(monkeypatch, "a", "Nice", "", "", "", "")
    person.terminal.interactive = True
    assert deciding(person.terminal, yes=True)(question()) == {"city": "Nice", "unit": "c"}


@pytest.mark.parametrize(
    ("language", "said", "agreed"), [("en", "y", True), ("en", "no", False), ("fr", "o", True), ("fr", "non", False)]
)
def test_only_a_person_agrees(monkeypatch: pytest.MonkeyPatch, language: Language, said: str, agreed: bool) -> None:
    terminal = Person(monkeypatch, "perhaps", said, language=language).terminal
    with pytest.raises(InvalidInput, match="Nobody"):
        terminal.agrees("Sure?")
    terminal.interactive = True
    assert terminal.agrees("Sure?") is agreed


def test_fields_are_given_as_pairs() -> None:
    assert pairs(FORM, ["city=Nice", "days=3", "sea=no"]) == {"city": "Nice", "days": 3, "sea": False}
    for wrong in ("town=Nice", "city", "days=x", "sea=perhaps"):
        with pytest.raises(InvalidInput):
            pairs(FORM, [wrong])
    with pytest.raises(InvalidInput, match="fills in no field"):
        pairs(None, ["city=Nice"])
