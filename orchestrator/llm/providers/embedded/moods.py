"""What is said but not asked for: what must not be done, what is only wondered, what hangs on a condition."""

import itertools
from collections.abc import Sequence
from typing import Final

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.language import Token, is_action, known, listed
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
_INVERTED: Final = words("does do did is are was were will est sont ai as a sera expire")
_SUBJECTS: Final = words("i j je il elle on nous it he she we they")
_WISHES: Final = words(
    "want need like would faut voudrais veux aimerais besoin voudrait reste dis dit peux peut can could must should"
)
_VERBS: Final = words("is are est did does")
_HAVING: Final = words(
    "ai a avons have ve has had just accidentally viens de par erreur already deja malencontreusement"
)
_NEVER: Final = words("dont never cannot wont avoid evite jamais doesnt shouldnt mustnt")
_NOT_THAT: Final = words("why if or is are was were")
_FORGET: Final = words("forget oublie oubliez oublier hesitate hesite hesitez")
_EXEMPT: Final = ("what", "does")  # `what does notes.txt say?` asks for something that a tool can show


def told(clause: Clause) -> bool:
    """Whether it only tells something: `il fait beau`, `I am tired`, `j'ai effacé a.txt`."""
    norms = [part for word in clause.words for part in word.norm.split("_") if part.isalnum()]
    if norms[:1] and norms[0] in _SUBJECTS and not set(norms) & (_WISHES | lexicon.QUESTIONS - _VERBS):
        acts = [word for word in clause.words if is_action(word.concept)]
        return report(clause) is not None or not (acts or _asked(clause))
    return False


def report(clause: Clause) -> Token | None:
    """The act that the person says they have done: `I deleted a.txt by mistake`."""
    said = [word for word in clause.words if word.norm.isalnum()]
    if not said or said[0].norm not in _SUBJECTS:
        return None
    between = list(itertools.takewhile(lambda word: word.norm in _HAVING, said[1:]))
    act = next(iter(said[1 + len(between) :]), None)
    if act is None or not is_action(act.concept):
        return None
    past = act.norm.endswith("ed") if clause.language == "en" else bool(between)
    return act if past else None


def negated(clause: Clause) -> bool:
    """Whether the clause says not to do its act: `don't …`, `never …`, `ne … pas`, `n'ouvre rien`, `do not …`."""
    said = [word for word in clause.words if word.norm.isalnum()]
    act = next((place for place, word in enumerate(said) if is_action(word.concept)), len(said))
    for place, word in enumerate(said):
        if place + 1 < len(said) and said[place + 1].norm in _FORGET:
            return False  # `don't forget to …`
        if place > act + 2:
            return False
        if word.norm in _NEVER and not (word.norm == "dont" and clause.language == "fr"):
            return True
        if word.norm in ("ne", "n") and place < act <= place + 3:
            return "que" not in [after.norm for after in said[act + 1 : act + 3]]  # `ne lis que …`: only
        if word.norm == "not" and place < act and (place == 0 or said[place - 1].norm not in _NOT_THAT):
            return True
        if word.norm == "pas" and act < len(said) and (place == 0 or said[place - 1].norm != "pourquoi"):
            return True
        if word.norm in ("without", "sans") and place == 0:
            return True
    return False


def question(clause: Clause) -> bool:
    """Whether it asks how or whether something is done, rather than for it to be done."""
    norms = _norms(clause.words)
    if norms[:1] == ["comment"] and norms[1:3] not in (["s", "appelle"], ["va"]):
        return True
    if ("how", "to") in set(itertools.pairwise(norms)) or "comment" in norms[:4]:
        return True
    found = opening(clause.words)
    return bool(found) and not (found == _EXEMPT and clause.mentions)


def opening(words: Sequence[Token]) -> tuple[str, ...]:
    """The words by which a question of this kind begins; none where it is not of this kind."""
    norms = tuple(_norms(words))
    return next((each for each in _HOW if norms[: len(each)] == each), ())


def _norms(words: Sequence[Token]) -> list[str]:
    norms = [part for word in words for part in word.norm.split("_") if part.isalnum()]
    while norms and norms[0] in lexicon.FILLERS - {"puis", "can", "could", "would", "de", "to", "je", "i", "et"}:
        norms.pop(0)
    return norms


def condition(clause: Clause) -> bool:
    """`if the file exists, …`: this model does not decide on conditions."""
    norms = [word.norm for word in clause.words if word.norm.replace("_", "").isalnum()]
    if norms[:2] == ["s", "il"]:
        return norms[2:3] not in (["te"], ["vous"])
    if norms[:1] in (["when"], ["quand"]) and ((norms[1:2] and norms[1] in _INVERTED) or _asked(clause)):
        return False
    return bool(norms) and norms[0] in _CONDITIONS and norms[:2] not in (["si", "tu"], ["if", "you"])


def _asked(clause: Clause) -> bool:
    return clause.text[clause.end - 1 : clause.end + 2].strip()[-1:] == "?" and "," not in clause.said


def vague(clause: Clause) -> str:
    """The destructive act that names nothing in particular, if there is one."""
    plain = [word for word in clause.words if (known(word.norm) and len(word.norm) > 3) or listed(word.norm)]
    acts = [word.concept for word in plain if word.concept in ("delete", "move", "send", "hack", "encrypt")]
    named = [
        mention
        for mention in clause.mentions
        if mention.kind in ("path", "url", "email", "quoted") and not mention.weak
    ]
    return acts[0] if acts and not named else ""
