"""Whoever approves is told what does not look like what it is: the API says it, the terminal shows it."""

from typing import Any

import pytest

from orchestrator.api.frames import approval
from orchestrator.api.wire import Lookalike
from orchestrator.cli import words
from orchestrator.kernel.events import ApprovalAsked


def asked(arguments: dict[str, Any]) -> dict[str, Any]:
    event = ApprovalAsked("apr_1", "call", 1, "c1", "http_request", arguments, "hash", "shape", "code", "reason")
    return approval(event, "run_1", 0.0)


def test_an_approval_says_which_letters_imitate_others() -> None:
    found = asked({"url": "https://ex\u0430mple.com/", "method": "GET"})["lookalikes"]
    assert [Lookalike(**one) for one in found] == [
        Lookalike(
            argument="url",
            text="https://ex\u0430mple.com/",
            kind="imitates",
            plain="https://ex<U+0430>mple.com/",
        )
    ]
    assert asked({"url": "https://example.com/"})["lookalikes"] == []


@pytest.mark.parametrize("kind", ["hidden", "reorders", "controls", "imitates"])
def test_the_terminal_has_words_for_each_kind(kind: str) -> None:
    english, french = words.say("en", f"lookalike.{kind}", text="x"), words.say("fr", f"lookalike.{kind}", text="x")
    assert english != french and english.endswith("x")
