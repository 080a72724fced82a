"""What a text must not lose, found by form: numbers, dates, units, names, negations, conditions, code, quotations.

English and French. `bears` is deliberately easily satisfied: what it lets go is only words that count, compare,
deny, bind, name or quote nothing. A name written in small letters cannot be seen; whoever drops text on the word
of this module must say so.
"""

import re
import unicodedata

from msgspec import Struct

APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "ʹ": "'"})


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split())


NEGATIONS = _words(
    """
    no not none never neither nor nothing nobody nowhere cannot without hardly scarcely barely refuse refused
    deny denied forbid forbidden prohibited ban banned exclude excluded excluding lack lacks lacking fail failed
    fails unable impossible ne n pas non aucun aucune jamais ni rien personne nul nulle sans guère interdit
    interdite interdits refuse refuser refusé exclu exclue exclut hors défense impossible manque
    """
)
CONDITIONS = _words(
    """
    if unless except excepted excepting until till when whenever while whether provided providing only but
    however although though otherwise else instead before after since because once as within beyond over under
    above below at least most more less fewer than must shall should may might can could would will required
    need needs mandatory optional always every each all any some many few both either several half twice double
    first last next previous same other another again si sinon sauf excepté hormis moins jusqu jusque quand
    lorsque lorsqu tant que qu pourvu condition seulement uniquement mais cependant toutefois avant après depuis
    car dès sous dessus dessous plus minimum maximum doit doivent devra devront faut peut peuvent pourra
    obligatoire facultatif toujours chaque tout toute tous toutes quelque quelques plusieurs deux moitié double
    premier première dernier dernière suivant suivante même autre autres encore
    """
)
_NUMBERS = _words(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
    billion dozen second third fourth fifth tenth quarter percent zéro un une trois quatre cinq sept huit neuf
    dix onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cent cents mille
    milliard douzaine deuxième troisième quatrième cinquième quart monday tuesday wednesday thursday friday
    saturday sunday january february march april may june july august september october november december lundi
    mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril mai juin juillet août septembre
    octobre novembre décembre today tomorrow yesterday noon midnight aujourd demain hier midi minuit
    """
)
_OPENERS = _words(
    """
    a an and also the this that these those it its they their there here he she his her we our you your i my in
    on at to for of from with by as so then thus therefore moreover furthermore overall basically generally in
    addition indeed let now okay well what which how why where who is are was were be have has had do does did
    sure great le la les l un une des ce cet cette ces c il elle ils elles on nous vous je j tu son sa ses leur
    leurs notre votre mon ma et de du d en dans sur pour par avec au aux à ainsi donc alors puis enfin bien
    voici voilà comme est sont était
    """
)  # words that may open a sentence without being a name
TELLING = NEGATIONS | CONDITIONS | _NUMBERS

WORD = re.compile(r"[^\W\d_]+")
_FORM = re.compile(
    r"""[\d"«»“”„`@#$€£¥%§<>=+*\\/_|{}\[\]…?]"""  # figures, signs, quotations, code, questions
    r"|n't\b"
    r"|(?<=[\w,;:)] )['‘]?[A-ZÀ-Þ]"  # a capital inside a sentence: a name
    r"|\b[A-ZÀ-Þ]{2,}"
    r"|\w[A-ZÀ-Þ]"
    r"|\w\.\w|\w-\w"
    r"|:\s*\S"
)


def bears(sentence: str) -> bool:
    """Might this sentence say a fact that cannot be missed?"""
    said = sentence.translate(APOSTROPHES)
    if _FORM.search(said):
        return True
    words = WORD.findall(said.lower())
    return not TELLING.isdisjoint(words) or bool(words and words[0] not in _OPENERS)


class Fact(Struct, frozen=True):
    kind: str
    value: str


_KINDS = (
    ("code", re.compile(r"^[ \t]*(?P<f>```+|~~~+)[^\n]*\n.*?^[ \t]*(?P=f)[ \t]*$", re.DOTALL | re.MULTILINE)),
    ("address", re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"')\]]+|\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")),
    ("quotation", re.compile(r"\"[^\"\n]{1,400}\"|«[^»\n]{1,400}»|“[^”\n]{1,400}”")),
    ("number", re.compile(r"(?<!\w)[-+]?[$€£]?\d[\d.,:/\u202f\u00a0'-]*(?:\s?(?:%|‰|°[CF]?|[€$£]|[a-zA-Zµ]{1,3}\b))?")),
    ("name", re.compile(r"(?<![.!?:]\s)(?<!^)(?<!\w)[A-ZÀ-Þ][\w'’-]+(?:\s+[A-ZÀ-Þ][\w'’-]+)*", re.MULTILINE)),
    ("identifier", re.compile(r"\b(?=\w*[\d_])(?=\w*[^\W\d])\w{3,}\b")),
)


def facts(text: str) -> list[Fact]:
    """Every fact that has a form of its own, in the order of the kinds; white space inside is one space."""
    found: dict[Fact, None] = {}
    for kind, pattern in _KINDS:
        for match in pattern.finditer(text):
            value = " ".join(match[0].split()).rstrip(".,:;/'-")
            if value:
                found[Fact(kind, value)] = None
    return list(found)


def plain(text: str) -> str:
    """For comparing: one form of each letter, one space between words."""
    return " ".join(unicodedata.normalize("NFC", text).translate(APOSTROPHES).split())
