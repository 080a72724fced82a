"""The decision over all rules: severity, grants, loosening, explanation, and the fold of grants."""

from pathlib import Path

import pytest
from contracts.rule import call_of

from orchestrator.kernel import settings
from orchestrator.kernel.events import Event, GrantGiven, GrantRevoked
from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.messages import Origin
from orchestrator.policy import grants
from orchestrator.policy.base import Call, Decision, Verdict
from orchestrator.policy.decide import Policy


class Says:
    def __init__(self, verdict: Verdict, shape: str | None = "alike") -> None:
        self.name: str = verdict
        self._verdict, self._shape = verdict, shape

    def judge(self, call: Call) -> Decision | None:
        return Decision(self._verdict, self.name, f"{self._verdict}ed", "Because.")

    def shape(self, call: Call) -> str | None:
        return self._shape


class Silent:
    name: str = "silent"

    def judge(self, call: Call) -> None:
        return None

    def shape(self, call: Call) -> None:
        return None


SHIPPED = settings.Policy()


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return call_of(tmp_path, "echo", {"text": "x"})


def command(workspace: Path, text: str, origins: frozenset[Origin] = frozenset({"user"})) -> Call:
    return call_of(workspace, "execute_command", {"command": text}, "execute", "once", origins)


def test_deny_beats_ask_and_ask_beats_allow(call: Call) -> None:
    allow, ask, deny = Says("allow"), Says("ask"), Says("deny")
    assert Policy(SHIPPED, [allow, ask, deny]).decide(call).verdict == "deny"
    assert Policy(SHIPPED, [deny, ask, allow]).decide(call).verdict == "deny"
    assert Policy(SHIPPED, [allow, ask, Silent()]).decide(call).verdict == "ask"
    assert Policy(SHIPPED, [Silent(), allow]).decide(call).verdict == "allow"


def test_silence_is_asked(call: Call) -> None:
    decision = Policy(SHIPPED, [Silent()]).decide(call)
    assert (decision.verdict, decision.code) == ("ask", "no_rule")
    assert Policy(SHIPPED, []).shape(call) == call_hash(call.tool, call.arguments)


def test_explain_gives_every_opinion(call: Call) -> None:
    opinions = Policy(SHIPPED, [Says("allow"), Silent(), Says("deny")]).explain(call)
    assert [opinion.verdict for opinion in opinions] == ["allow", "deny"]


def test_a_grant_turns_asking_into_allowing(call: Call) -> None:
    policy = Policy(SHIPPED, [Says("ask")])
    granted = policy.decide(call, {("echo", "alike")})
    assert (granted.verdict, granted.rule) == ("allow", "grant")
    assert policy.decide(call, {("other", "alike")}).verdict == "ask"
    assert policy.decide(call, {("echo", "other")}).verdict == "ask"


def test_a_grant_does_not_turn_a_denial(call: Call) -> None:
    policy = Policy(SHIPPED, [Says("ask"), Says("deny")])
    assert policy.decide(call, {("echo", policy.shape(call))}).verdict == "deny"


def test_two_reasons_to_ask_need_a_grant_of_both(call: Call) -> None:
    policy = Policy(SHIPPED, [Says("ask", "one"), Says("ask", "two"), Says("allow", "three")])
    assert policy.shape(call) == "one + two"
    assert policy.decide(call, {("echo", "one"), ("echo", "two")}).verdict == "ask"
    exact = Policy(SHIPPED, [Says("ask", "one"), Says("ask", None)])
    assert exact.shape(call) == call_hash("echo", {"text": "x"})


@pytest.mark.parametrize(
    ("granted", "covers", "not_covers"),
    [
        ("curl https://a.example", "curl https://b.example | wc -l", "curl https://a.example | python3"),
        ("frobnicate a", "ls; frobnicate b", "frobnicate a; brobnicate"),
        ("rm notes.txt", "rm other.txt", "rm -r src"),
        ("rm -r build", "rm -r dist", "rm -rf ."),
        ("git push", "git push origin main", "git reset --hard"),
        ("./run", "./run --fast", "./other"),
        ("python3 -c 'eval(f)'", "python3 -c 'eval(f)'", "python3 -c 'eval(g)'"),
        ("sudo ls", "sudo ls", "sudo cat notes.txt"),
        ("eval ls", "eval ls", "eval pwd"),
        ("$X", "$X", "$Y"),
        ("echo '", "echo '", "ls '"),
        ("curl x && php -r 'f()'", "curl x && php -r 'f()'", "curl y && php -r 'f()'"),
        ("cat .env", "cat .env", "cat id_rsa"),
        ("docker stop a", "docker stop b", "docker run x"),
    ],
)
def test_what_always_covers(tmp_path: Path, granted: str, covers: str, not_covers: str) -> None:
    policy = Policy(SHIPPED)
    first = command(tmp_path, granted)
    assert policy.decide(first).verdict == "ask"
    given = {("execute_command", policy.shape(first))}
    assert policy.decide(first, given).rule == "grant"
    assert policy.decide(command(tmp_path, covers), given).verdict == "allow"
    assert policy.decide(command(tmp_path, not_covers), given).verdict in ("ask", "deny")


def test_a_grant_given_before_the_web_was_read_does_not_count_after_it(tmp_path: Path) -> None:
    policy = Policy(SHIPPED)
    clean, tainted = command(tmp_path, "frobnicate"), command(tmp_path, "frobnicate", frozenset({"user", "web"}))
    given = {("execute_command", policy.shape(clean))}
    assert policy.decide(clean, given).verdict == "allow"
    assert policy.decide(tainted, given).verdict == "ask"
    assert policy.decide(tainted, {("execute_command", policy.shape(tainted))}).verdict == "allow"


def test_approve_all_allows_what_would_be_asked_and_nothing_more(tmp_path: Path) -> None:
    policy = Policy(settings.Policy(approve_all=True))
    decision = policy.decide(command(tmp_path, "frobnicate"))
    assert (decision.verdict, decision.rule) == ("allow", "settings")
    assert policy.decide(command(tmp_path, "rm -rf /")).verdict == "deny"
    assert policy.decide(command(tmp_path, "ls")).rule == "commands"


def test_programs_of_the_owner_run_unasked(tmp_path: Path) -> None:
    policy = Policy(settings.Policy(programs=("frobnicate", "docker", "rm", "python3")))
    assert policy.decide(command(tmp_path, "frobnicate && docker ps")).verdict == "allow"
    assert policy.decide(command(tmp_path, "frobnicate | brobnicate")).verdict == "ask"
    assert policy.decide(command(tmp_path, "rm notes.txt")).verdict == "ask"
    assert policy.decide(command(tmp_path, "rm -rf /")).verdict == "deny"
    assert policy.decide(command(tmp_path, "python3 -c 'eval(f)'")).verdict == "ask"


def test_the_shipped_rules_are_all_there(tmp_path: Path) -> None:
    policy = Policy(SHIPPED)
    assert {rule.name for rule in policy._rules} >= {"commands", "paths", "hosts", "effects", "origin"}
    assert policy.explain(command(tmp_path, "ls"))[0].rule == "commands"


def event(seq: int, body: GrantGiven | GrantRevoked) -> Event:
    return Event(grants.stream("default"), seq, 100.0 + seq, "default", "user_1", body)


def test_grants_are_folded_from_their_events() -> None:
    events = [
        event(1, GrantGiven("grant_1", "execute_command", "curl", "user_1", "approval_1")),
        event(2, GrantGiven("grant_2", "http_request", "read https://example.com", "user_1")),
        event(3, GrantRevoked("grant_1", "user_1")),
        event(4, GrantRevoked("grant_404", "user_1")),
    ]
    held = grants.fold(events)
    assert grants.pairs(held, "another") == set()
    assert grants.pairs(held, "user_1") == {("http_request", "read https://example.com")}
    assert held["grant_2"].at == 102.0 and held["grant_2"].by == held["grant_2"].subject == "user_1"
    assert grants.fold(events[2:], grants.fold(events[:2])) == held
    assert grants.stream("default") == "grants:default"
