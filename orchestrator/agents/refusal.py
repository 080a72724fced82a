"""A call that policy or a person said no to; the words are for the model and for people."""

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Json
from orchestrator.policy.base import Decision


class Refused(ToolFailed):
    def __init__(self, said: str, *, decision: Decision | None = None, why: str = "", **named: str) -> None:
        super().__init__(said, why=why, **named)
        self.decision = decision

    @property
    def data(self) -> Json:
        """What is told of it by stable words, to be said in any language."""
        if self.decision is None:
            return self.told
        return {**(self.told or {}), "decision": {"code": self.decision.code, "details": self.decision.details}}


def worded(decision: Decision) -> str:
    return f"{decision.reason} {decision.alternative}".strip()
