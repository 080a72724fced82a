"""Sentences that say nothing: courtesies and announcements (`balanced`), and those that bear no fact (`aggressive`).

Not lossless. A courtesy is a whole sentence that matches one of these closed patterns; what it may hold of the
writer's own words must bear no fact. Lines that are code, tables, lists, quotations or headings are left alone.
"""

import re

from orchestrator.llm.optimiser.facts import bears

_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÀ-Þ\"«“(])")
_PROSE = re.compile(r"\s{0,3}[A-ZÀ-Þ][^`|<>{}=\\]*[.!:…]\s*$")
_END = r"[.!… ]*$"

# Whole, whatever they hold: there is no free place in them.
_CLOSED = re.compile(
    r"^(?:"
    r"(?:great|good|excellent) question"
    r"|thank(?:s| you)(?: (?:so|very) much)?(?: for (?:your|the) "
    r"(?:question|patience|time|message|e-?mail|help|reply))?"
    r"|you(?:'re| are) (?:very )?welcome"
    r"|i hope (?:this|that|it) (?:helps|is helpful|was helpful)"
    r"|i hope (?:this|my) (?:e-?mail|message) finds you well"
    r"|(?:please )?(?:feel free to|do not hesitate to|don't hesitate to) (?:ask|reach out|contact me|contact us)"
    r"(?: (?:if you have|with) any (?:other |further |more )?questions)?"
    r"|(?:please )?let me know if (?:you (?:need|have|want|would like) (?:anything else|anything"
    r"|any (?:other |further |more )?(?:questions|help|information|details|assistance))"
    r"|there(?:'s| is) anything else(?: i can (?:do|help with))?)"
    r"|is there anything else i can help you with"
    r"|(?:best|kind|warm) regards|best wishes|many thanks|have a (?:nice|great|good) (?:day|week|weekend|evening)"
    r"|i(?:'d| would) be (?:happy|glad|pleased) to help(?: you)?(?: with (?:that|this))?"
    r"|excellente? question"
    r"|(?:je vous remercie|merci)(?: (?:beaucoup|bien|d'avance))?(?: (?:de|pour) (?:votre|ta|la) "
    r"(?:question|patience|message|aide|retour|réponse|compréhension))?"
    r"|je vous en prie|de rien|j'espère que (?:cela|ça|ceci) (?:vous )?(?:aide|aidera|est utile)"
    r"|j'espère que (?:ce message vous trouve|vous allez) bien"
    r"|n'hésitez pas à (?:me contacter|nous contacter|revenir vers moi|poser (?:vos|d'autres) questions)"
    r"(?: si vous avez (?:des|d'autres) questions)?"
    r"|(?:bien )?cordialement|bien à vous|sincères salutations|bonne (?:journée|soirée|semaine)"
    r"|je reste à votre disposition"
    r"|je serais? (?:ravie?|heureux|heureuse) de vous aider"
    r")" + _END,
    re.IGNORECASE,
)
# At the beginning of a reply, where more follows: alone it would be an answer.
_INTERJECTION = re.compile(
    r"^(?:sure|certainly|absolutely|of course|great|perfect|excellent|got it|understood|okay|ok|alright|no problem"
    r"|bien sûr|certainement|absolument|avec plaisir|très bien|parfait|entendu|d'accord|pas de problème)"
    r"(?: thing|, (?:i can|i will|i'll|let me) (?:do that|help(?: you)?(?: with (?:that|this))?))?" + _END,
    re.IGNORECASE,
)
# Announcements: what follows them must bear no fact.
_OPEN = re.compile(
    r"^(?:(?:now|next|first|then|okay|great|good|so|alright)[,!]? )*"
    r"(?:let me|let's|i(?:'ll| will)(?: now)?|i am going to|i'm going to|i need to|"
    r"je vais(?: maintenant)?|laissez-moi|voyons|regardons)"
    r" (?P<act>(?:have a look|take a (?:closer )?look|look|check|see|start|begin|think|review|examine|dig"
    r"|go ahead|proceed|regarder|vérifier|voir|commencer|examiner|réfléchir)\b[^.!?:]{0,80})" + _END,
    re.IGNORECASE,
)


def empty(sentence: str) -> bool:
    """A courtesy or an announcement."""
    said = sentence.strip().replace("’", "'")
    if len(said) > 140:
        return False
    if _CLOSED.match(said):
        return True
    found = _OPEN.match(said)
    return found is not None and not bears("x " + found["act"])


def interjects(sentence: str) -> bool:
    return _INTERJECTION.match(sentence.strip().replace("’", "'")) is not None


def sentences(line: str) -> list[str]:
    return _SENTENCE.split(line) if _PROSE.match(line) else [line]


def without_courtesies(line: str, *, reply: bool = False) -> str:
    if not _PROSE.match(line):
        return line
    said = _SENTENCE.split(line)
    kept = [sentence for sentence in said if not empty(sentence)]
    if reply and len(kept) > 1 and interjects(kept[0]):
        del kept[0]
    return line if len(kept) == len(said) else " ".join(kept)


def bearing(line: str) -> str:
    """The sentences of a paragraph that bear facts, and its first."""
    if not _PROSE.match(line):
        return line
    first, *rest = _SENTENCE.split(line)
    kept = [first, *(sentence for sentence in rest if bears(sentence))]
    return line if len(kept) == len(rest) + 1 else " ".join(kept)


def is_courtesy(line: str) -> bool:
    """A line by itself, such as the end of a letter."""
    if len(line) > 110:
        return False
    said = line.strip().rstrip(",")
    return len(said) > 4 and empty(said)
