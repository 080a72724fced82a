"""What kind of task a text is, from its words alone: cheap, and the same every time.

Covers English and French. Does not understand: it looks for words, so a question about code that has none of code's
words is a question. It is only used to choose a model and to know where a judgement counts.
"""

import re
from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "chat", "extract", "summarise", "translate", "write", "question", "act", "code", "math", "reason"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# How much better than usual an answer must be for the same use: added to the quality that is good enough.
DEMANDS: dict[Kind, float] = {
    "chat": -0.1, "extract": -0.1, "summarise": -0.1, "translate": -0.1,
    "write": 0.0, "question": 0.0, "act": 0.0,
    "code": 0.1, "math": 0.1, "reason": 0.1,
}  # fmt: skip

READ = 300  # characters from the beginning, and some from the end: a long text says there what is wanted of it
TAIL = 150
SHORT = 6  # words; less, and nothing else found, is chat
LONG = 90  # words of a question that needs more than an answer

_APART = str.maketrans(dict.fromkeys("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~’'«»“”…\n\t0123456789", " "))
_MARKS_OF_CODE = (
    "```",
    "def ",
    "=> ",
    "};",
    "</",
    "Traceback",
    "#include",
    "import ",
    "SELECT ",
    "return ",
    "();",
    "):\n",
)
_SUM = re.compile(r"\d\s*[-+*/^=×÷]\s*\d|\d\s*%|\bx\s*=|√|∑|∫")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In this order: the first kind whose words there are is it.
_VOCABULARY: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("translate", _words("translate translation traduis traduire traduction traduisez")),
    ("summarise", _words(
        "summarise summarize summary tldr abridge condense résume résumer résumé résumez synthèse synthétise"
    )),
    ("code", _words(
        "code function bug refactor compile regex python javascript typescript rust algorithm api debug"
        " exception stacktrace unittest py js ts rs cpp java sql html css"
        " fonction programme script classe déboguer algorithme compiler"
    )),
    ("math", _words(
        "calculate compute equation integral derivative probability prove theorem solve percent average"
        " calcule calculer équation intégrale dérivée probabilité prouve théorème résous pourcentage moyenne"
    )),
    ("extract", _words(
        "extract classify label tag categorise categorize sentiment fields entities list"
        " extrais extraire classe classer classifie étiquette catégorise liste"
    )),
    ("reason", _words(
        "why analyse analyze compare evaluate strategy plan tradeoff tradeoffs argue decide diagnose design"
        " pourquoi compare comparer évalue évaluer stratégie arbitrage décide diagnostique conçois concevoir"
    )),
    ("write", _words(
        "write draft compose essay letter email story poem rewrite article blog"
        " écris écrire rédige rédiger lettre courriel histoire poème réécris article"
    )),
    ("act", _words(
        "file files folder directory create delete move rename run execute install download open save search fetch"
        " fichier fichiers dossier crée créer supprime déplace renomme lance exécute installe télécharge ouvre cherche"
    )),
)  # fmt: skip
_ASKING = _words(
    "what who when where which how does is are can could qui que quoi quand où quel quelle comment est sont combien"
)


def classify(text: str) -> Kind:
    seen = text if len(text) <= READ + TAIL else f"{text[:READ]} {text[-TAIL:]}"
    words = seen.lower().translate(_APART).split()
    there = frozenset(words)
    if any(mark in seen for mark in _MARKS_OF_CODE):
        return "code"
    for kind, vocabulary in _VOCABULARY:
        if not there.isdisjoint(vocabulary):
            return kind
    if _SUM.search(seen):
        return "math"
    if "?" in seen or not there.isdisjoint(_ASKING):
        return "reason" if len(words) > LONG else "question"
    return "chat" if len(words) <= SHORT else "question"
