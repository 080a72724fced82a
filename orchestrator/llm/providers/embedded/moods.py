"""What is said but not asked for: what must not be done, what is only wondered, what hangs on a condition."""

import itertools
from collections.abc import Sequence
from typing import Final

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import lexicon, timings
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, is_action, known, listed
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
_WHICH: Final = words("which what who whose how quel quelle quels quelles qui combien lesquels lesquelles")
_WHERE: Final = words("where wheres ou ou_est ou_sont")
_MINE: Final = words("my our mon ma mes notre nos")
_NOT_THAT: Final = words("why if or is are was were")
_FORGET: Final = words("forget oublie oubliez oublier hesitate hesite hesitez")
# What is told of, or asked about, rather than asked for.
_WISHED: Final = words(
    "want need like wish wanna prefer lets voudrais voudrait voudrions veux veut aimerais aimerait souhaite"
    " souhaiterais besoin faut faudrait prie merci get"
)
_ABLE: Final = words(
    "can could would will able mind peux peut pouvez pourrais pourriez veux voulez veuillez sais possible"
)
_YOU: Final = words("you u tu t te vous we on nous mind")
_ASKING: Final = words(
    "did do does was were is are has have had am should may might can could would will shall when who how which whose"
    " where why quand qui comment combien quel quelle quels quelles pourquoi ou"
)
_OTHERS: Final = words("i j je he she it they il elle ils elles someone somebody quelqu nobody everybody everyone")
_MINDING: Final = words("mind about try start by want need")
_IRREGULAR: Final = words("wrote ran sent gave took")
_BASES: Final = words("shred embed")
_DETERMINERS: Final = lexicon.ARTICLES - {"a", "le", "la", "les"} | words("my your our mes vos nos")
_AUXILIARIES: Final = words(
    "a ai as avait avais ont avons avez auras aura aurait est sont ete etait etaient fut soit seront sera"
)
_LEADING: Final = words("in on from under at with by for to dans sur depuis sous avec par pour vers a chez de")
_SMALL: Final = STOP_WORDS | lexicon.FILLERS | lexicon.SAYABLE
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


def stated(clause: Clause, heads: frozenset[str] = frozenset()) -> bool:
    """Whether its act is told of or asked about, not asked for: `was a.txt deleted?`, `le conteneur s'est arrêté`.
    `heads`: what requests for the tool begin with."""
    said = [word for word in clause.words if word.norm.replace("_", "").isalnum()]
    acts = (place for place, word in enumerate(said) if word.concept in lexicon.CHANGING)
    place = next((place for place in acts if not place or said[place - 1].norm not in _DETERMINERS), None)
    if place is None:
        return False
    act, before = said[place], said[:place]
    norms = [part for word in before for part in word.norm.split("_")]
    wished = bool(set(norms) & _WISHED)
    first = next((word for word in before if word.norm not in _SMALL), None)
    headed = first is not None and (first.concept in heads - lexicon.THINGS.keys() or is_action(first.concept))
    if _past(act, before, clause.language):
        return not (wished or headed)
    offered = norms[:3] in (["do", "you", "want"], ["would", "you", "like"], ["veux", "tu", "que"])
    asked = norms[:1] and norms[0] in _ASKING and len(norms) > 1 and not _of_you(norms)
    mine = norms[:1] and norms[0] in _OTHERS and not wished and not _of_you(norms)
    return bool(offered or asked or mine) or (not headed and _subject(clause, act, before))


def _of_you(norms: Sequence[str]) -> bool:
    """`can you …`, `pourriez-vous …`: a question that is a request."""
    return any(first in _ABLE and second in _YOU for first, second in itertools.permutations(norms[:8], 2))


def _past(act: Token, before: Sequence[Token], language: Language) -> bool:
    if language == "en":
        wanted = {word.norm for word in before[-3:]} & _MINDING
        return act.norm in _IRREGULAR or (act.norm.endswith(("ed", "ing")) and act.norm not in _BASES and not wanted)
    auxiliary = any(word.norm in _AUXILIARIES and word.text.lower() != "à" for word in before[-3:])
    return auxiliary and not _infinitive(act.norm)


def _infinitive(norm: str) -> bool:
    return norm.endswith(("er", "ir", "ez", "ire", "tre", "dre", "pre"))


def _subject(clause: Clause, act: Token, before: Sequence[Token]) -> bool:
    """Whether something else does the act: `nginx redémarre sans arrêt`, `the server restarts every night`."""
    third = (
        act.norm.endswith("s") and not act.norm.endswith("ss") if clause.language == "en" else not _infinitive(act.norm)
    )
    if not third or not before or before[0].norm in _LEADING or {word.norm for word in before} & _WISHED:
        return False
    if timings.leading(clause.text[clause.start : clause.end]):
        return False
    between = clause.text[before[0].start : act.start]
    named = [word for word in before if word.norm not in _SMALL and not word.norm.endswith("ment")]
    return bool(named) and not any(sign in between for sign in ",:;")


def sought(clause: Clause, spoken: frozenset[str]) -> bool:
    """`where is my phone?`: something of the person's that no tool speaks of."""
    said = [word for word in clause.words if word.norm.isalpha() or "_" in word.norm]
    if clause.mentions or not said or said[0].norm not in _WHERE:
        return False
    things = [word for word in said if word.norm not in _SMALL and word.norm not in _WHERE]
    return bool({word.norm for word in said} & _MINE) and not any(word.concept in spoken for word in things)


def negated(clause: Clause) -> bool:
    """Whether the clause says not to do its act: `don't …`, `never …`, `ne … pas`, `n'ouvre rien`, `do not …`."""
    said = [word for word in clause.words if word.norm.isalnum()]
    if said and said[0].norm in _WHICH:
        return False  # `which containers are not healthy?`
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
    french = clause.language == "fr"
    if french and norms[:1] == ["comment"] and norms[1:3] not in (["s", "appelle"], ["va"]):
        return True
    if ("how", "to") in set(itertools.pairwise(norms)) or (french and "comment" in norms[:4]):
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
