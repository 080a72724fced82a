"""The few sentences that the loop itself says, in the person's language."""

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache

from orchestrator.agents.state import OpenCall
from orchestrator.kernel.errors import ModelError
from orchestrator.kernel.events import ToolReturned
from orchestrator.policy.base import Decision
from orchestrator.policy.screen.telling import told

_FRENCH = re.compile(
    r"\b(le|la|les|des|une|est|et|dans|pour|avec|quel|quelle|que|qui|sur|fais|lis|écris|ecris|combien|du|ce|cette|moi)\b"
    r"|[éèêàùçœ]|\b[ldjqnsc]['’]",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(the|is|and|in|for|with|what|which|that|of|on|to|read|write|how|many|this|my|me|please|list)\b", re.IGNORECASE
)

_REASONS = {
    "en": {
        "steps": "The run reached its limit of steps.",
        "time": "The run reached its time limit.",
        "budget": "The run reached its budget.",
        "stuck": "The run kept repeating the same calls.",
        "model": "The model failed before the end.",
    },
    "fr": {
        "steps": "L'exécution a atteint sa limite d'étapes.",
        "time": "L'exécution a atteint sa limite de temps.",
        "budget": "L'exécution a atteint son budget.",
        "stuck": "L'exécution répétait les mêmes appels.",
        "model": "Le modèle a échoué avant la fin.",
    },
}
_OUTCOMES = {
    "en": {"ok": "done", "retry": "not understood", "failed": "failed", "refused": "refused", "unknown": "unknown"},
    "fr": {"ok": "fait", "retry": "incompris", "failed": "échoué", "refused": "refusé", "unknown": "inconnu"},
}
_WHAT_WAS_DONE = {"en": "What was done:", "fr": "Ce qui a été fait :"}
_NOTHING = {"en": "Nothing was done.", "fr": "Rien n'a été fait."}
_CANCELLED = {"en": "Cancelled.", "fr": "Annulé."}
OUT_OF_TIME = "Stopped: the run was out of time."
AT_WORK = "Cancelled while at work."
INTERRUPTED = "Stopped: a person interrupted to say something else."
LEFT_BEHIND = "It did not stop when its time was over, and was left behind; it may still be at work."
STOPPED = (OUT_OF_TIME, AT_WORK, INTERRUPTED, LEFT_BEHIND)  # for a call whose tool did not come to its own result
CANCELLED_BY = "Cancelled by "
_FAILED = {"en": "No model could answer.", "fr": "Aucun modèle n'a pu répondre."}


MORE_MONEY = "Let it spend as much again, set another limit, or end it with what there is."
TOP_UP = "Add to the budget and let it go on, or end it with what there is."


def language_of(text: str) -> str:
    return "fr" if len(_FRENCH.findall(text)) > len(_ENGLISH.findall(text)) else "en"


def date(now: float) -> str:
    return _day(int(now // 86_400))


@lru_cache(maxsize=4)
def _day(days: int) -> str:
    return datetime.datetime.fromtimestamp(days * 86_400, datetime.UTC).strftime("%A %d %B %Y")


def reason(language: str, why: str) -> str:
    return _REASONS[language][why]


def wrap_up(why: str) -> str:
    """What a model is told when it must end."""
    return (
        f"{_REASONS['en'][why]} You cannot call tools any more. Answer now, in the person's language, with what you"
        " have; say plainly what is not done."
    )


def done(language: str, returned: Sequence[ToolReturned]) -> str:
    if not returned:
        return _NOTHING[language]
    lines = [
        f"- {one.tool}: {_OUTCOMES[language][one.outcome]}. {_first_line(told(one.content, one.passages))}"
        for one in returned
    ]
    return "\n".join([_WHAT_WAS_DONE[language], *lines])


def partial(language: str, why: str, returned: Sequence[ToolReturned], text: str, detail: str = "") -> str:
    head = f"{reason(language, why)} {detail}".strip()
    return f"{head}\n\n{text or done(language, returned)}"


def cancelled(language: str, returned: Sequence[ToolReturned]) -> str:
    said = _CANCELLED[language]
    return f"{said} {done(language, returned)}" if returned else said


def failed(language: str, error: ModelError) -> str:
    return f"{_FAILED[language]} {error}"


def _first_line(content: str) -> str:
    line = content.strip().split("\n", 1)[0]
    return line if len(line) <= 120 else line[:119] + "…"


def unknown(open_call: OpenCall, reconciled: str) -> Decision:
    """What is known of a call that was at work when the process died."""
    begun = open_call.requested
    assert begun is not None
    at = datetime.datetime.fromtimestamp(open_call.begun_at, datetime.UTC).isoformat(timespec="milliseconds")
    details = {"tool": begun.tool, "begun": at, "attempt": str(begun.attempt), "key": begun.key}
    reason = f"The process stopped while {begun.tool} was at work: it may or may not have happened."
    if reconciled:
        details["reconcile"] = reconciled
        reason += f" The tool itself cannot say: {reconciled}"
    return Decision(
        "ask", "outcome", "unknown_outcome", reason, details, alternative="Look whether it happened, then say so."
    )
