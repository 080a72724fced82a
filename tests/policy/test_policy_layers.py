"""Policies as data: read with clear errors, decided in layers, loosened by the owner only, changed while it runs."""

from pathlib import Path

import pytest
from contracts.rule import RuleContract, call_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Origin
from orchestrator.kernel.settings import Policy as Settings
from orchestrator.policy.base import Call, Verdict
from orchestrator.policy.decide import SEVERITY, Policy
from orchestrator.policy.layers.folder import read
from orchestrator.policy.layers.layers import Held, Layers, compiled
from orchestrator.policy.layers.reading import statements

USER: frozenset[Origin] = frozenset({"user"})
PUSH = """
@id("no_push") @reason("Maintainers push.") @alternative("Ask one of them.")
forbid(principal, action, resource == Tool::"git_push") unless { principal in Role::"maintainers" };
""".strip()
FILES = '@id("files_only") permit(principal, action, resource in Category::"files");'
EVIL = """
@id("evil") @ask @reason("It is far away")
forbid(principal, action, resource) when { context has host && context.host like "*.example" };
""".strip()
WEB = '@id("quiet") forbid(principal, action, resource in Category::"web");'
KNOWN = """
@unasked permit(principal, action, resource == Tool::"http_request")
  when { context has host && context.host == "h.test.org" };
"""


def layers_of(**files: str) -> Layers:
    """With these files: `agents__x` is agents/x.cedar."""
    made = Layers()
    named = {"roles.toml" if name == "roles" else f"{name.replace('__', '/')}.cedar": files[name] for name in files}
    made.hold(compiled(named))
    made.meet("user_1", "ada")
    return made


def call(tool: str = "git_push", category: str = "git", agent: str = "assistant", **arguments: object) -> Call:
    made = call_of(Path("/w"), tool, arguments, "execute", "once")
    return replace(made, category=category, agent=agent)


class TestLayersContract(RuleContract):
    knows = (
        ("git_push", {"branch": "main"}, "execute", "once", USER),
        ("http_request", {"url": "https://far.example/"}, "execute", "once", USER),
        ("http_request", {"url": "https://far.example/", "method": "POST"}, "execute", "once", USER),
    )

    @pytest.fixture
    def rule(self) -> Layers:
        return layers_of(base=PUSH + EVIL)


def said(layers: Layers, asked: Call) -> tuple[Verdict, str] | None:
    decision = layers.judge(asked)
    return None if decision is None else (decision.verdict, decision.details.get("policy", decision.code))


def test_a_forbid_says_which_policy_why_and_what_else() -> None:
    decision = layers_of(base=PUSH).judge(call())
    assert decision is not None and decision.verdict == "deny"
    assert decision.details["policy"] == "base.cedar#no_push" and decision.details["line"] == "1"
    assert decision.reason == "The policy base.cedar#no_push forbids this: Maintainers push."
    assert decision.alternative == "Ask one of them."
    assert layers_of(base=PUSH).judge(call("git_log")) is None


def test_a_role_is_a_list_of_names() -> None:
    assert said(layers_of(base=PUSH, roles='maintainers = ["ada"]'), call()) is None
    assert said(layers_of(base=PUSH, roles='maintainers = ["bob"]'), call()) == ("deny", "base.cedar#no_push")
    stranger = replace(call(), subject="user_2")
    assert said(layers_of(base=PUSH, roles='maintainers = ["ada", ""]'), stranger) is not None


def test_where_something_is_permitted_the_rest_is_not() -> None:
    layers = layers_of(workspace__base=FILES)
    assert said(layers, call("read_file", "files")) is None
    assert said(layers, call()) == ("deny", "policy_permits_not")


def test_an_ask_is_a_question_that_a_forbid_overrides() -> None:
    far = call("http_request", "web", url="https://a.example/x")
    assert said(layers_of(base=EVIL), far) == ("ask", "base.cedar#evil")
    both = layers_of(base=EVIL, agents__assistant=WEB)
    assert said(both, far) == ("deny", "agents/assistant.cedar#quiet")
    assert said(both, replace(far, agent="other")) == ("ask", "base.cedar#evil")


def test_only_the_owner_loosens_and_never_strangers_words() -> None:
    layers = layers_of(base=KNOWN)
    policy = Policy(Settings(), layers=layers)
    asked = call("http_request", "web", url="https://h.test.org/", method="POST")
    decision = policy.decide(asked)
    assert (decision.verdict, decision.rule, decision.code) == ("allow", "cedar", "policy_unasked")
    assert policy.decide(call("http_request", "web", url="https://other.test.org/", method="POST")).verdict == "ask"
    assert policy.decide(replace(asked, origins=frozenset({"user", "web"}))).verdict == "ask"
    assert policy.decide(call("http_request", "web", url="http://127.0.0.1/")).verdict == "deny"
    below = {"base": "@unasked permit(principal, action, resource);", "workspace__no": PUSH}
    assert Policy(Settings(), layers=layers_of(**below)).decide(call()).verdict == "deny"


WHEN = "permit(principal, action, resource) when {{ {} }};"


@pytest.mark.parametrize(
    ("name", "text", "line", "problem"),
    [
        ("base", "// fine\nforbid(principal, action, resource)\n  when { context.hots == \"x\" };", 2, "`hots`"),
        ("base", PUSH + "\n\npermit(principal action, resource);", 4, "unexpected token"),
        ("base", "forbid(principal, action, resource)", 1, "unexpected end"),
        ("base", "@aks forbid(principal, action, resource);", 1, "@aks means nothing"),
        ("base", "@ask permit(principal, action, resource);", 1, "@ask is for a forbid"),
        ("base", "@unasked forbid(principal, action, resource);", 1, "@unasked is for a permit"),
        ("workspace__base", "@unasked permit(principal, action, resource);", 1, "only the owner"),
        ("agents__assistant", "@unasked permit(principal, action, resource);", 1, "only the owner"),
        ("base", "permit(principal == ?principal, action, resource);", 1, "templates"),
        ("base", 'forbid(principal == Person::"x", action, resource);', 1, "Person"),
        ("base", PUSH + "\n" + PUSH, 3, "two policies are called no_push"),
        ("base", PUSH + "\n" + WHEN.format("(" * 9000 + "true" + ")" * 9000), 3, "more than 40 deep"),
        ("base", WHEN.format("[" * 9000), 1, "more than 40 deep"),
        ("base", WHEN.format(" && ".join(["true"] * 300)), 1, "too long a chain"),
        ("base", WHEN.format("context" + ".a" * 9000), 1, "too long a chain"),
        ("elsewhere__base", PUSH, 0, "in no layer"),
        ("agents__a__b", PUSH, 0, "in no layer"),
        ("roles", "maintainers = 3", 0, "no list of names"),
        ("roles", "maintainers = [", 0, "roles.toml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(name: str, text: str, line: int, problem: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        layers_of(**{name: text})
    assert problem in str(refused.value)
    assert not line or f"line {line}:" in refused.value.detail


def test_statements_are_found_among_comments_and_strings() -> None:
    text = '// one; "two"\n\nforbid(a) when { "x; // no" == "\\"" };\n\n  // last\n  permit(b)\n;\n'
    assert [(line, part.split("(")[0]) for line, part in statements(text)] == [(3, "forbid"), (6, "permit")]
    assert list(statements("// nothing\n")) == []


def test_a_policy_that_cannot_be_evaluated_asks() -> None:
    overflow = "forbid(principal, action, resource) when { 9223372036854775807 + 1 > 0 };"
    decision = layers_of(base=overflow).judge(call())
    assert decision is not None and (decision.verdict, decision.code) == ("ask", "policy_failed")
    assert said(layers_of(base=overflow + PUSH), call()) == ("deny", "base.cedar#no_push")


def test_a_question_is_not_asked_where_yes_would_not_help() -> None:
    far = call("http_request", "web", url="https://a.example/x")
    assert said(layers_of(base=EVIL + FILES), far) == ("deny", "policy_permits_not")
    assert said(layers_of(base=EVIL + FILES.replace("files", "web")), far) == ("ask", "base.cedar#evil")


PIECES = [PUSH, EVIL, FILES, '@id("p") permit(principal, action, resource == Tool::"git_push");',
          '@id("w") forbid(principal, action, resource) when { context.strangers };']  # fmt: skip
CALLS = [call(), call("read_file", "files", path="x"), call("http_request", "web", url="https://a.example/"),
         replace(call("shout", "custom"), origins=frozenset({"user", "web"}))]  # fmt: skip


@given(
    st.lists(st.sampled_from(PIECES), unique=True, max_size=3),
    st.lists(st.sampled_from(PIECES), unique=True, max_size=3),
    st.lists(st.sampled_from(PIECES), unique=True, max_size=2),
    st.sampled_from(CALLS),
)
def test_a_lower_layer_only_tightens(owner: list[str], workspace: list[str], agent: list[str], asked: Call) -> None:
    above = {"base": "".join(owner)}
    below = {**above, "workspace__base": "".join(workspace), "agents__assistant": "".join(agent)}
    before, after = (Policy(Settings(), layers=layers_of(**files)).decide(asked).verdict for files in (above, below))
    assert SEVERITY.index(after) >= SEVERITY.index(before)


def test_a_decision_is_made_once_until_the_policies_change(monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestrator.policy.layers import cedar

    made: list[object] = []
    real = cedar.Compiled.opinion

    def counted(self: cedar.Compiled, asked: cedar.Asked) -> cedar.Opinion | None:
        made.append(asked)
        return real(self, asked)

    monkeypatch.setattr(cedar.Compiled, "opinion", counted)
    layers = layers_of(base=PUSH)
    assert said(layers, call()) == said(layers, call()) and len(made) == 1
    assert said(layers, replace(call(), subject="user_2")) is not None and len(made) == 2
    layers.hold(Held())
    assert said(layers, call()) is None


def test_a_folder_is_read_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("base.cedar", "workspace/w.cedar", ".git/x.cedar", "agents/.a.cedar.swp", "README.md", "roles.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert sorted(read(tmp_path)) == ["base.cedar", "roles.toml", "workspace/w.cedar"]
    (tmp_path / "bad.cedar").write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match=r"bad\.cedar"):
        read(tmp_path)
