"""The law of `minimal`: what comes back is what was given, whatever was given."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.llm.optimiser import documents, heads
from orchestrator.llm.optimiser.encode import canonical, encode, restore
from orchestrator.llm.optimiser.prompt import optimize_prompt
from orchestrator.llm.optimiser.repeats import Memory

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["columns", "rows", "all", "lines", "\ud800", "\u2028", "é", "…", '"', "\\"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.sampled_from(["columns", "rows", "all", "lines", "id", "name", "", "é"]), inner, max_size=4),
        st.lists(st.fixed_dictionaries({"id": st.integers(), "name": inner, "unit": st.just("EUR")}), max_size=5),
        st.lists(st.fixed_dictionaries({"id": st.integers()}, optional={"name": inner, "x": inner}), max_size=5),
    ),
    max_leaves=20,
)
odd_lines = st.sampled_from(
    [
        '[[same 3 lines as above: "a" … "b"]]',
        '[[same line as above: "" … ""]]',
        "[[\\same 3 lines as above",
        "[[next 2 lines: a…b]]",
        "[[next 1 lines: …]]",
        "[[\\\\next 9 lines",
        "```python",
        "```",
        "~~~~",
        "{",
        "}",
        "[1, 2,",
        '{"columns": ["a"], "rows": [[1]]}',
        '{"columns":["a","b"],"all":{"c":1},"lines":[[1,2]]}',
        "2026-03-01T12:00:00Z INFO a b - c",
        "2026-03-01T12:00:01Z INFO a c - c",
        "2026-03-01T12:00:02Z WARN a b - … c",
        "Mar  1 12:00:03 host app[1]: up",
        "Mar  1 12:00:04 host app[1]: up",
        "Mar  1 12:00:05 host  app[1]: up ",
        "/usr/share/doc/a/copyright",
        "/usr/share/doc/b/copyright",
        "/usr/share/doc/c/…",
        "Customers in France may return goods within 30 days, unless the goods were made to measure for them.",
        "Customers in France may return goods within 31 days, unless the goods were made to measure for them.",
        "\ttabs\t\t",
        "trailing   ",
        "",
        "ends with a carriage return\r",
        "\u2028\x0b\x0c\x85",
        "<html><body>page</body></html>",
    ]
)
lines = st.lists(
    st.one_of(odd_lines, st.text(max_size=40), values.map(json.dumps), values.map(lambda v: json.dumps(v, indent=2))),
    max_size=30,
)
texts = lines.map("\n".join)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_a_text_comes_back(text: str) -> None:
    made, _ = encode(text, Memory())
    assert restore(made) == canonical(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, max_size=5), st.booleans())
def test_a_conversation_comes_back(conversation: list[str], with_documents: bool) -> None:
    memory, back = Memory(), Memory()
    for text in conversation:
        made, _ = encode(text, memory, documents_too=with_documents)
        assert restore(made, back) == canonical(text)


@settings(max_examples=300, deadline=None)
@given(values)
def test_a_document_comes_back_equal(value: object) -> None:
    text = json.dumps(value)
    read, end, ok = documents.read(text)
    assert ok and end == len(text)
    again, _, ok = documents.read(documents.write(read))
    assert ok
    back = documents.write(documents.expand(again), tables=False)
    assert json.loads(back) == value or back == documents.write(read, tables=False)


@pytest.mark.parametrize(
    "number", ["1.0", "1", "1e5", "1E5", "-0", "0.10", "12345678901234567890123", "1.00000000000000000001"]
)
def test_numbers_stay_as_they_are_written(number: str) -> None:
    made, _ = encode('{\n  "a": ' + number + ',\n  "b": [\n    1,\n    2\n  ]\n}', Memory())
    assert f'"a":{number},' in made


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(odd_lines, st.text(alphabet="ab/ …:0123456789T-", max_size=40)), max_size=30))
def test_beginnings_come_back(given_lines: list[str]) -> None:
    clean = [line.replace("\n", " ") for line in given_lines]
    folded, ours = heads.fold(clean)
    back: list[str] = []
    at = 0
    while at < len(folded):
        header = heads.HEADER.match(folded[at]) if ours[at] else None
        if header is None:
            back.append(folded[at])
            at += 1
            continue
        count = int(header[1])
        back += heads.unfold(header[2], folded[at + 1 : at + 1 + count])
        at += 1 + count
    assert back == clean


@settings(max_examples=150, deadline=None)
@given(texts)
def test_what_is_minimal_already_stays_and_saves_nothing(text: str) -> None:
    once, _ = optimize_prompt(text, "minimal")
    twice, metrics = optimize_prompt(once, "minimal")
    assert metrics.tokens_after <= metrics.tokens_before
    if once == text:
        assert (twice, metrics.tokens_saved, metrics.money_saved, metrics.roi, metrics.by_rule) == (
            text,
            0,
            0.0,
            0.0,
            {},
        )


def test_a_minimal_prompt_saves_nothing() -> None:
    for mode in ("minimal", "balanced", "aggressive"):
        for prompt in ("", "Why?", "Convert 3 kg to g.", "def f():\n    return 1\n", "Traduis « non » en anglais."):
            made, metrics = optimize_prompt(prompt, mode)
            assert (made, metrics.tokens_saved, metrics.saved, metrics.roi) == (prompt, 0, 0.0, 0.0)


def test_optimising_twice_is_optimising_once() -> None:
    records = [{"id": n, "name": f"n{n}", "city": "Lyon"} for n in range(30)]
    log = "\n".join(f"2026-03-01T12:00:{n:02}Z INFO till.Orders - order {n} paid" for n in range(40))
    text = f"Read this.\n{json.dumps(records, indent=2)}\n{log}\n{log}\nWhich order is late?"
    once, metrics = optimize_prompt(text, "minimal")
    assert metrics.saved > 0.5
    assert optimize_prompt(once, "minimal")[0] == once
    assert restore(once) == canonical(text)


def nasty(size: int) -> list[str]:
    line = "2026-03-01T12:00:00Z INFO x y z"
    return [
        "[" * size,
        "{" * size,
        "[\n" * (size // 2),
        '{"a":\n' * (size // 6),
        "<" * size,
        "<!--" * (size // 4),
        "<html>" + "<a href='" * (size // 9),
        "`" * size,
        "```\n" * (size // 4),
        "a " * (size // 2),
        "\n" * size,
        ("x" * 40 + "\n") * (size // 41),
        "".join(f"{'x' * 40}{n}\n" for n in range(size // 45)),
        (line + "\n") * (size // 32),
        "".join(f"12:00:{n % 60:02} {n}\n" for n in range(size // 14)),
        '[[same 3 lines as above: "' + "a" * size,
        ("[[next 2 lines: …]]\n") * (size // 20),
        "…" * size,
        "\x1b[" * (size // 2),
        "\x1b]" * (size // 2),
        "\r" * size,
        "A" * size,
        "aB1+" * (size // 4),
        "Sure! " * (size // 6),
        "Let me look " * (size // 12) + ".",
        '"' * size,
        "?" * size,
        ("/a" * 90 + "\n") * (size // 181),
    ]


@pytest.mark.parametrize("index", range(len(nasty(10))))
def test_nothing_takes_time_out_of_proportion(index: int) -> None:
    """Work is counted by the processor time of eight times the text against that of the text: quadratic would be 64."""

    def spent(size: int) -> float:
        best = 1e9
        text = nasty(size)[index]
        for _ in range(3):
            began = time.process_time()
            optimize_prompt(text, "aggressive")
            best = min(best, time.process_time() - began)
        return best

    small = max(spent(8_000), 0.002)
    assert spent(64_000) < small * 40


def test_a_document_that_is_none_is_left_alone() -> None:
    for text in (
        "[" * 900 + "]" * 900,
        '{"a":' * 300 + "1 " + "}" * 300,
        "{not json}\n",
        '{"a": 1, "a": 2}',
        "[NaN]",
        '{"a": Infinity}',
        '{"a": 1} trailing',
        "[1, 2",
    ):
        assert encode(text, Memory())[0] == text
