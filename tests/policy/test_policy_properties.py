"""Properties of the policy over any text."""

import string
import tempfile
from pathlib import Path

import pytest
from contracts.rule import call_of
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from orchestrator.kernel import settings
from orchestrator.policy.base import Decision
from orchestrator.policy.decide import SEVERITY, Policy

POLICY = Policy(settings.Policy())
WORKSPACE = Path(tempfile.gettempdir()) / "orchestrator-policy-properties"

SEGMENTS = [
    "ls", "cat notes.txt", "echo hi > out.txt", "rm notes.txt", "rm -rf /", "curl https://example.com",
    "frobnicate -x", "cd src", "cd ..", "X=notes.txt", "cat $X", "cat \"$X\"", "rm -rf $X/", "export A=1",
    "python3 x.py", "python3 -c '1'", "$(echo ls)", "(ls; pwd)", "f() { ls; }", "f", "echo 'a b' | wc", "sudo ls",
    "for i in a b; do echo $i; done", "if true; then ls; fi", "cat <<< x", "find . -delete", "eval ls", "git push",
    "read X", "mkfs /dev/sda", "cat /etc/passwd", "echo x > /etc/passwd", "while true; do ls; done", "{ ls; }",
    "! ls", "make", "sh x.sh",
]  # fmt: skip
JOINERS = ["; ", " && ", " || ", " | ", "\n", " & "]
FRAGMENTS = [
    *SEGMENTS,
    *JOINERS,
    *string.punctuation,
    " ",
    "\n",
    "<<EOF\n",
    "\nEOF\n",
    "$((",
    "))",
    "${",
    "$'",
    "then",
    "do",
    "done",
    "fi",
    "\\\n",
    "é",
    "\t",
    "\0",
]

quick = effort(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def decide(command: str) -> Decision:
    return POLICY.decide(call_of(WORKSPACE, "execute_command", {"command": command}, "execute", "once"))


def severity(command: str) -> int:
    return SEVERITY.index(decide(command).verdict)


@quick
@given(st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4), st.sampled_from(JOINERS), st.sampled_from(SEGMENTS))
def test_one_more_segment_never_makes_it_more_lenient(parts: list[str], joiner: str, more: str) -> None:
    command = joiner.join(parts)
    assert severity(command + joiner + more) >= severity(command)
    assert severity(command + joiner + more) >= severity(more) or more.startswith(
        ("cat $X", 'cat "$X"', "rm -rf $X", "f")
    )


@quick
@given(st.text(max_size=200) | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_no_text_breaks_it(text: str) -> None:
    decision = decide(text)
    assert decision.verdict in SEVERITY
    assert decision.reason
    POLICY.shape(call_of(WORKSPACE, "execute_command", {"command": text}, "execute", "once"))


@quick
@given(
    st.sampled_from(SEGMENTS),
    st.sampled_from(["'", '"', "`", "$(", "(", "| ", "if ls; then ", "<", "<<X ", "${", "$(("]),
)
def test_what_cannot_be_parsed_is_never_allowed(segment: str, opening: str) -> None:
    assert decide(f"{segment} {opening}").verdict != "allow"


@quick
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join))
def test_it_decides_alike_every_time(text: str) -> None:
    assert (
        decide(text)
        == decide(text)
        == Policy(settings.Policy()).decide(call_of(WORKSPACE, "execute_command", {"command": text}, "execute", "once"))
    )


def quoted(draw: st.DrawFn, word: str) -> str:
    """The word, written so that the shell reads the same."""
    pieces = []
    for character in word:
        style = draw(st.integers(0, 5))
        pieces.append(
            {
                0: character,
                1: f"'{character}'",
                2: f'"{character}"',
                3: "\\" + character,
                4: f"$'\\x{ord(character):02x}'",
                5: f"''{character}",
            }[style]
        )
    return "".join(pieces)


@st.composite
def disguises(draw: st.DrawFn) -> str:
    words = draw(
        st.sampled_from(
            [("rm", "-rf", "/"), ("mkfs", "/dev/sda"), ("shutdown", "now"), ("rm", "-r", "/etc"), ("dd", "of=/dev/sda")]
        )
    )
    wrapper = draw(
        st.sampled_from(
            ["", "env ", "nice ", "command ", "timeout 5 ", "ls; ", "ls | ", "A=1 ", "{ ", "( ", "! ", "echo $("]
        )
    )
    closing = {"{ ": "; }", "( ": ")", "echo $(": ")"}.get(wrapper, "")
    gap = draw(st.sampled_from([" ", "  ", "\t", " \\\n "]))
    return wrapper + gap.join(quoted(draw, word) for word in words) + closing


@quick
@given(disguises())
def test_no_way_of_quoting_hides_what_is_denied(command: str) -> None:
    assert decide(command).verdict == "deny"


@quick
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join))
def test_a_grant_never_turns_a_denial_and_always_covers_what_was_asked(text: str) -> None:
    call = call_of(WORKSPACE, "execute_command", {"command": text}, "execute", "once")
    before, shape = POLICY.decide(call), POLICY.shape(call)
    after = POLICY.decide(call, {("execute_command", shape)})
    assert after.verdict == {"allow": "allow", "ask": "allow", "deny": "deny"}[before.verdict]


@quick
@given(st.text(max_size=120), st.sampled_from(["read", "write"]))
def test_no_path_breaks_it(text: str, scope: str) -> None:
    decision = POLICY.decide(call_of(WORKSPACE, "read_file", {"path": text}, scope, "none"))  # type: ignore[arg-type]
    assert decision.verdict in SEVERITY


@quick
@given(
    st.text(max_size=60)
    | st.text(alphabet="htp:/.@[]0123456789abcx%#?\\", max_size=40).map(lambda rest: f"http://{rest}")
)
def test_no_address_breaks_it_or_is_allowed(text: str) -> None:
    call = call_of(WORKSPACE, "http_request", {"url": text}, "execute", "once")
    assert POLICY.decide(call).verdict != "allow"
    POLICY.shape(call)


@pytest.mark.parametrize("depth", [50, 500, 5000])
@pytest.mark.parametrize(
    "pattern", ["(", "$(", "{ ", "`", "if ", "((", "${a:-", "bash -c '", "! ", "a|", "a;", "a&&", "{a,"]
)
def test_deep_nesting_is_not_allowed_and_does_not_hang(pattern: str, depth: int) -> None:
    assert decide(pattern * depth + "ls").verdict != "allow"
