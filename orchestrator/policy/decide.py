"""The decision: every rule looks, deny beats ask, ask beats allow, silence is asked."""

from collections.abc import Collection, Sequence

from msgspec import structs

from orchestrator.kernel import settings
from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.messages import Arguments, Json, Origin
from orchestrator.kernel.registry import Registry
from orchestrator.policy.base import Call, Decision, Rule, Verdict
from orchestrator.policy.layers.layers import Layers
from orchestrator.policy.rules.secrets import Known, Secrets
from orchestrator.policy.screen.screen import Seen, seen

DEEPEST = 60  # lists and objects one inside the other
SEVERITY: tuple[Verdict, ...] = ("allow", "ask", "deny")

RULES = {
    "commands": "orchestrator.policy.rules.commands:Commands",
    "paths": "orchestrator.policy.rules.paths:Paths",
    "hosts": "orchestrator.policy.rules.hosts:Hosts",
    "effects": "orchestrator.policy.rules.effects:Effects",
    "scopes": "orchestrator.policy.rules.scopes:Scopes",
    "origin": "orchestrator.policy.rules.origin:Origin",
    "money": "orchestrator.policy.rules.money:Money",
    "statements": "orchestrator.policy.rules.statements:Statements",
    "latent": "orchestrator.policy.rules.latent:Latent",
}


# Rules whose question no policy answers beforehand: of strangers' words, of what looks like a secret, of policies.
ALWAYS_ASKED = frozenset({"origin", "secrets", "cedar", "money"})


class Policy:
    def __init__(
        self,
        loosened: settings.Policy,
        rules: Sequence[Rule] | None = None,
        secrets: Known | None = None,
        layers: Layers | None = None,
    ) -> None:
        """Without `rules`: those shipped, and those that other packages add.

        `secrets` is the vault, `layers` the policies of the data folder.
        """
        every: list[Rule] = list(_registered(loosened) if rules is None else rules)
        if secrets is not None:
            every.append(Secrets(secrets))
        if layers is not None:
            every.append(layers)
        self._rules = tuple(every)
        self._layers = layers
        self._approve_all = loosened.approve_all
        self._screen = loosened.screen

    def decide(self, call: Call, granted: Collection[tuple[str, str]] = ()) -> Decision:
        """One verdict. `granted` holds the (tool, shape) pairs that a person said yes to beforehand."""
        opinions = self.explain(call)
        if not opinions:
            nothing = Decision(
                "ask", "policy", "no_rule", f"No rule knows what {call.tool} would do.", {"tool": call.tool}
            )
            return self._granted(call, nothing, granted, opinions)
        worst = max(opinions, key=lambda opinion: SEVERITY.index(opinion.verdict))
        if worst.verdict == "ask" and granted and (call.tool, self._shape(call, but="origin")) in granted:
            worst = next((one for one in opinions if one.rule == "origin"), worst)  # the rest was said yes to
        return self._granted(call, worst, granted, opinions) if worst.verdict == "ask" else worst

    def _granted(
        self, call: Call, asked: Decision, granted: Collection[tuple[str, str]], opinions: Sequence[Decision]
    ) -> Decision:
        if self._approve_all:
            reason = "The owner lets everything pass that would be asked (policy.approve_all)."
            return structs.replace(asked, verdict="allow", rule="settings", code="approve_all", reason=reason)
        asking = {opinion.rule for opinion in opinions if opinion.verdict == "ask"}
        if granted and "money" not in asking and (call.tool, shape := self.shape(call)) in granted:
            reason = f"A person said yes to this before: {shape}."
            return structs.replace(asked, verdict="allow", rule="grant", code="granted", reason=reason)
        if self._layers is not None and not asking & ALWAYS_ASKED and (let := self._layers.unasked(call)):
            reason = f"The owner's policy {let.id} lets this pass unasked."
            details = {**asked.details, "policy": let.id}
            return Decision("allow", self._layers.name, "policy_unasked", reason, details)
        return asked

    def screen(
        self, tool: str, arguments: Arguments, origin: Origin, content: str, granted: Collection[tuple[str, str]] = ()
    ) -> Seen:
        """What of a result gives orders to the model that is to read it, and what could."""
        return seen(self._screen, tool, arguments, origin, content, granted)

    def explain(self, call: Call) -> list[Decision]:
        """What every rule that speaks thinks of the call, in the order of the rules."""
        if _deep(call.arguments):
            reason = f"The arguments of {call.tool} are nested deeper than anybody reads."
            details = {"tool": call.tool}
            return [Decision("deny", "policy", "nested", reason, details, "Give them plainly, one thing at a time.")]
        return [opinion for rule in self._rules if (opinion := rule.judge(call)) is not None]

    def shape(self, call: Call) -> str:
        """What "in this run" and "always" would cover: the shapes of the rules that ask, together.

        The hash of exactly this call where a rule that asks has no wider shape for it.
        """
        if _deep(call.arguments):
            return call.tool  # it is denied: nothing covers it
        return self._shape(call)

    def _shape(self, call: Call, but: str = "") -> str:
        asking = [
            rule
            for rule in self._rules
            if rule.name != but and (opinion := rule.judge(call)) is not None and opinion.verdict == "ask"
        ]
        exact = call_hash(call.tool, call.arguments)
        shapes = [rule.shape(call) or exact for rule in asking]
        if not shapes:
            known = next((shape for rule in self._rules if (shape := rule.shape(call)) is not None), None)
            return known or exact
        if exact in shapes:
            return " + ".join([exact, *(one for one in shapes if one.startswith("after reading the web"))])
        return " + ".join(dict.fromkeys(shapes))


def _deep(arguments: Arguments) -> bool:
    """Whether they are nested deeper than the rules go down, which read them by recursion."""
    level: list[Json] = list(arguments.values())
    for _ in range(DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def _registered(loosened: settings.Policy) -> list[Rule]:
    registry = Registry("policy.rules", RULES)
    return [registry.load(name)(loosened) for name in registry]
