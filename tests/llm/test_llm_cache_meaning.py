"""A question in other words may hit; one that asks something else never does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.questions.pairs import look_alikes, paraphrases
from orchestrator.llm.cache.meaning import LONGEST, meaning


def same(one: str, other: str) -> bool:
    found = meaning(one)
    return found is not None and found == meaning(other)


def test_look_alikes_miss() -> None:
    pairs = look_alikes(seed=77)  # not that of the benchmark
    assert len(pairs) >= 1000
    assert {pair.language for pair in pairs} == {"en", "fr"}
    wrong = [pair for pair in pairs if same(pair.one, pair.other)]
    assert len(wrong) <= len(pairs) / 100, wrong


def test_paraphrases_hit_often_enough_to_be_worth_it() -> None:
    for language in ("en", "fr"):
        pairs = [pair for pair in paraphrases(seed=77) if pair.language == language and pair.kind == "written"]
        assert sum(same(pair.one, pair.other) for pair in pairs) >= len(pairs) * 0.6


@pytest.mark.parametrize(
    "question", ["What is the weather?", "Who is president now?", "Quel temps fait-il aujourd'hui ?"]
)
def test_what_passes_has_no_meaning_to_keep(question: str) -> None:
    assert meaning(question) is None


@pytest.mark.parametrize(
    "text", ["", "?", "x" * (LONGEST + 1), "What does `rm -rf` do?", "Qwerty uiop", "12 13", "What?\n\nx"]
)
def test_what_is_no_short_question_has_none(text: str) -> None:
    assert meaning(text) is None


def test_languages_are_strangers() -> None:
    assert not same("What is the capital of France?", "Quelle est la capitale de la France ?")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_anything_can_be_asked(one: str, other: str) -> None:
    for text in (one, f"What is {one} of the {other}?", f"{other}\x00"):
        found = meaning(text)
        assert found is None or found.words


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["What is {} in the list?", "Où est le numéro {} ?"])
)
def test_two_numbers_are_two_questions(one: int, other: int, question: str) -> None:
    asked, again = question.format(one), question.format(other)
    assert meaning(asked) is not None
    assert same(asked, again) == (one == other)


def unknown(word: str) -> bool:
    """To the lexicon: it stays as it is ("newest" has no meaning that lasts, a synonym is another word)."""
    found = meaning(f"How do I {word} the box?")
    return found is not None and word in found.words


WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzàâçéèêîôû", min_size=4, max_size=9).filter(unknown)


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_two_unknown_words_are_two_questions(one: str, other: str) -> None:
    assert same(f"How do I {one} the box?", f"How can I {other} the box?") == (one == other)
    if one != other:
        assert not same(f"Is {one} better than {other}?", f"Is {other} better than {one}?")
