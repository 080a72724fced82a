"""What is said but not asked for: what must not be done, what is only wondered, what hangs on a condition."""

import itertools
from typing import Final

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.language import Token, is_action
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.segment import Clause

_HOW: Final = (
    ("how", "do"), ("how", "to"), ("how", "can"), ("how", "could"), ("how", "would"), ("how", "should"),
    ("how", "does"), ("how", "did"), ("how", "is"), ("how", "come"), ("who",), ("qui",),
    ("what", "if"), ("what", "happens"),
    ("what", "would", "happen"), ("what", "will", "happen"), ("should", "i"), ("can", "i"), ("could", "i"),
    ("may", "i"), ("is", "it", "possible"), ("is", "it", "safe"), ("is", "it", "ok"), ("would", "it"), ("why",),
    ("what", "does"), ("what", "is", "the", "difference"), ("when", "should"), ("do", "i", "need"), ("did", "you"),
    ("have", "you"), ("que", "se"), ("qu", "arrive"), ("qu", "est", "ce", "qui", "se"), ("pourquoi",),
    ("que", "faire"), ("dois", "je"), ("puis", "je"), ("peut", "on"), ("peux", "je"), ("est", "ce", "possible"),
    ("est", "il", "possible"), ("faut", "il"), ("as", "tu"), ("avez", "vous"), ("est", "ce", "que", "je", "peux"),
    ("est", "ce", "que", "je", "dois"), ("a", "quoi", "sert"), ("suppose",), ("imagine",), ("supposons",),
    ("imaginons",), ("et", "si"), ("qu", "est", "ce", "qu", "il", "se"),
)  # fmt: skip
_CONDITIONS: Final = words("if unless when once si sauf quand lorsque")
_EXEMPT: Final = ("what", "does")  # `what does notes.txt say?` asks for something that a tool can show


def negated(clause: Clause) -> bool:
    """Whether the clause says not to do its act: `don't …`, `never …`, `ne … pas`, `n'ouvre pas`."""
    words = clause.words
    act = next((place for place, word in enumerate(words) if is_action(word.concept)), None)
    for place, word in enumerate(words):
        if word.norm == "dont" and clause.language == "fr":
            continue  # the relative pronoun
        if word.norm in ("dont", "never", "cannot", "wont", "avoid", "evite", "jamais", "doesnt", "shouldnt", "mustnt"):
            return act is None or place <= act + 2
        if word.norm == "not" and (act is None or place < act) and not _before(words, place, ("why", "if", "or")):
            return True
        if (
            word.norm == "pas"
            and act is not None
            and -3 <= place - act <= 3
            and not _before(words, place, ("pourquoi",))
        ):
            return True
        if word.norm in ("without", "sans") and place == 0:
            return True
    return False


def _before(words: tuple[Token, ...], place: int, norms: tuple[str, ...]) -> bool:
    return place > 0 and words[place - 1].norm in norms


def question(clause: Clause) -> bool:
    """Whether it asks how or whether something is done, rather than for it to be done."""
    norms = [part for word in clause.words for part in word.norm.split("_") if part.isalnum()]
    while norms and norms[0] in lexicon.FILLERS - {"puis", "can", "could", "would", "de", "to", "je", "i", "et"}:
        norms.pop(0)
    if norms[:1] == ["comment"] and norms[1:3] not in (["s", "appelle"], ["va"]):
        return True
    if ("how", "to") in set(itertools.pairwise(norms)) or "comment" in norms[:4]:
        return True
    for opening in _HOW:
        if tuple(norms[: len(opening)]) == opening:
            return not (opening == _EXEMPT and clause.mentions)
    return False


def condition(clause: Clause) -> bool:
    """`if the file exists, …`: this model does not decide on conditions."""
    norms = [word.norm for word in clause.words if word.norm.isalnum()]
    return bool(norms) and norms[0] in _CONDITIONS and norms[:2] not in (["si", "tu"], ["if", "you"])


def vague(clause: Clause) -> str:
    """The destructive act that names nothing in particular, if there is one."""
    acts = [act for act in clause.actions if act in ("delete", "move", "send", "hack", "encrypt")]
    named = [
        mention
        for mention in clause.mentions
        if mention.kind in ("path", "url", "email", "quoted") and not mention.weak
    ]
    return acts[0] if acts and not named else ""
