import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.kernel.errors import ModelGarbled
from orchestrator.llm.framing import Events, Framing, Lines

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
PAYLOADS = st.lists(st.text().map(lambda text: json.dumps(text, ensure_ascii=False)), max_size=5)


def fed(framing: Framing, data: bytes, cuts: list[int]) -> list[bytes]:
    frames: list[bytes] = []
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(places):
        frames += framing.feed(data[start:end])
    return frames + framing.end()


@given(PAYLOADS, st.lists(st.integers(0, 200)))
def test_lines_do_not_depend_on_where_the_network_cuts(payloads: list[str], cuts: list[int]) -> None:
    data = "\n".join(payloads).encode()
    assert fed(Lines(), data, cuts) == [payload.encode() for payload in payloads]


@given(PAYLOADS, st.lists(st.integers(0, 200)), LINE_ENDS, st.sampled_from(["", " "]), st.booleans())
def test_events_do_not_depend_on_where_the_network_cuts(
    payloads: list[str], cuts: list[int], end: str, space: str, mark: bool
) -> None:
    events = [f"event: x{end}: a comment{end}id: 7{end}data:{space}{payload}{end}{end}" for payload in payloads]
    data = (b"\xef\xbb\xbf" if mark else b"") + "".join(events).encode()
    assert fed(Events(), data, cuts) == [payload.encode() for payload in payloads]


@given(
    st.lists(st.sampled_from(["data: a", "data:b", "data", "", "event: c", ":d", "retry: 1", "data:  e"])), LINE_ENDS
)
def test_events_are_read_as_the_standard_says(lines: list[str], end: str) -> None:
    expected, data = [], list[str]()
    for line in [*lines, "", ""]:
        if line.startswith("data"):
            value = line[5:]
            data.append(value[1:] if value.startswith(" ") else value)
        elif not line and data:
            expected.append("\n".join(data).encode())
            data = []
    assert fed(Events(), end.join(lines).encode(), []) == expected


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_garbage_is_never_an_exception_of_another_kind(data: bytes, cuts: list[int]) -> None:
    for framing in (Lines(), Events()):
        fed(framing, data, cuts)
    assert fed(Events(), data, cuts) == fed(Events(), data, [])


@pytest.mark.parametrize("piece", [b"x" * 60, b"data: " + b"x" * 54])
@pytest.mark.parametrize("framing", [Lines, Events])
def test_an_endless_line_is_garbled_and_not_memory(framing: type[Lines], piece: bytes) -> None:
    reader = framing(limit=100)
    with pytest.raises(ModelGarbled, match="100 bytes"):
        for _ in range(3):
            reader.feed(piece)


def test_an_event_of_endless_lines_is_garbled_too() -> None:
    reader = Events(limit=100)
    with pytest.raises(ModelGarbled):
        for _ in range(30):
            reader.feed(b"data: 12345\n")
