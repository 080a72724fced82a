"""What a model is given to read: the budget, what is cut first, and what is never cut."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.agents import wording
from orchestrator.agents.context import KEPT, WHOLE, assemble, instructions, tokens
from orchestrator.kernel.events import ToolReturned
from orchestrator.kernel.messages import Message, ToolCall, ToolResult, assistant, user

lengths = st.integers(0, 20_000)


def messages(exchanges: list[tuple[int, list[int]]], *, answered: bool) -> list[Message]:
    """Questions, each with calls whose results are so long, and answers."""
    said: list[Message] = []
    for number, (question, results) in enumerate(exchanges):
        said.append(user("?" * (question + 1)))
        for step, length in enumerate(results):
            call = f"{number}.{step}"
            said.append(Message("assistant", (ToolCall(call, "look", {"n": step}),)))
            said.append(Message("tool", (ToolResult(call, "look", f"{call}:" + "x" * length),)))
        if answered:
            said.append(assistant("!" * (question + 1)))
    return said


exchanges = st.lists(st.tuples(st.integers(0, 3000), st.lists(lengths, max_size=4)), max_size=6)
turns = st.tuples(st.integers(0, 3000), st.lists(lengths, max_size=12))
HEAD = instructions("/workspace", "Monday")


@given(exchanges, turns, st.integers(100, 60_000))
def test_the_budget_holds_and_what_matters_stays(
    past: list[tuple[int, list[int]]], now: tuple[int, list[int]], budget: int
) -> None:
    history, turn = messages(past, answered=True), messages([now], answered=False)
    given = assemble(HEAD, history, turn, budget)
    whole = (HEAD, *history, *turn)
    if sum(map(tokens, whole)) <= budget:
        assert given == whole
    assert given[0] == HEAD
    present = given[len(given) - len(turn) :]
    kept = given[1 : len(given) - len(turn)]
    assert present[0] == turn[0], "the question stays whole"
    assert not kept or kept[0].role == "user", "the conversation begins with a question"
    assert [message.role for message in kept] == [message.role for message in history[len(history) - len(kept) :]]
    for before, after in zip(turn, present, strict=True):
        assert before.role == after.role and before.calls == after.calls, "only results are cut"
    results = [index for index, message in enumerate(turn) if message.role == "tool"]
    if any(turn[index] != present[index] for index in results[-WHOLE:]):
        assert not kept, "the newest results are cut after everything else"
    if sum(map(tokens, given)) > budget:
        assert not kept and all(_is_cut(present[index]) for index in results), "there is nothing left to cut"


def _is_cut(message: Message) -> bool:
    return all(len(part.content) < KEPT + 200 for part in message.parts if isinstance(part, ToolResult))


def test_a_cut_result_keeps_its_ends_and_says_what_is_missing() -> None:
    long = Message("tool", (ToolResult("c", "look", "beginning" + "x" * 10_000 + "end"),))
    (cut,) = assemble(HEAD, (), (user("?"), long), 400)[-1].parts
    assert isinstance(cut, ToolResult)
    assert cut.content.startswith("beginning") and cut.content.endswith("end")
    assert f"{len('beginning') + 10_000 + len('end') - KEPT} characters left out" in cut.content


def test_every_end_says_something_in_the_language_of_the_person() -> None:
    done = ToolReturned(1, "c", "look", "", "ok", "It is there.\nAnd more.")
    for language, word in (("en", "limit"), ("fr", "limite")):
        for returned in ((), (done,)):
            assert word in wording.partial(language, "steps", returned, "")
            assert wording.cancelled(language, returned).strip()
    assert "It is there." in wording.done("en", (done,)) and "And more." not in wording.done("en", (done,))
    assert wording.language_of("Combien de fichiers y a-t-il dans ce dossier ?") == "fr"
    assert wording.language_of("How many files are in this folder?") == "en"
    assert wording.language_of("") == "en"
