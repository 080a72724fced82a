"""Facts to plant: statements, each with look-alikes that differ from it in one thing."""

import random
from collections.abc import Callable

from msgspec import Struct


class Planted(Struct, frozen=True):
    statement: str
    kind: str  # in what it differs from its look-alikes


_COUNTRIES = {
    "en": ("France", "Belgium", "Spain", "Portugal", "Austria", "Norway", "Canada", "Japan"),
    "fr": ("France", "Belgique", "Espagne", "Autriche", "Norvège", "Suisse", "Tunisie", "Canada"),
}
_PEOPLE = ("Ines Marchetti", "Paul Okafor", "Léa Fontaine", "Tomas Lindqvist", "Amira Haddad", "Hugo Brandt")
_MONTHS = {
    "en": ("January", "March", "April", "June", "August", "October"),
    "fr": ("janvier", "mars", "avril", "juin", "août", "octobre"),
}


def _returns(r: random.Random, lang: str) -> list[Planted]:
    places = r.sample(_COUNTRIES[lang], 3)
    days = r.sample(range(5, 61), 3)
    text = {
        "en": "Customers in {} may return goods within {} days.",
        "fr": "Les clients en {} peuvent retourner les articles sous {} jours.",
    }[lang]
    return [Planted(text.format(place, day), "number and name") for place, day in zip(places, days, strict=True)]


def _doses(r: random.Random, lang: str) -> list[Planted]:
    amount = r.randint(2, 9) * 5
    text = {"en": "The valve is set to {} {} in line {}.", "fr": "La vanne est réglée à {} {} sur la ligne {}."}[lang]
    return [Planted(text.format(amount, unit, 7), "unit") for unit in ("bar", "kPa", "psi")]


def _negations(r: random.Random, lang: str) -> list[Planted]:
    tool = f"gateway-{r.randint(10, 99)}"
    texts = {
        "en": ("The {} does accept retries.", "The {} doesn't accept retries.", "The {} never accepts retries."),
        "fr": (
            "Le {} accepte les reprises.",
            "Le {} n'accepte pas les reprises.",
            "Le {} n'accepte jamais de reprise.",
        ),
    }[lang]
    return [Planted(text.format(tool), "negation") for text in texts]


def _conditions(r: random.Random, lang: str) -> list[Planted]:
    clause = r.randint(3, 40)
    texts = {
        "en": (
            "Clause {} applies unless the buyer objects.",
            "Clause {} applies if the buyer objects.",
            "Clause {} applies except to the buyer.",
        ),
        "fr": (
            "La clause {} s'applique à moins que l'acheteur ne s'oppose.",
            "La clause {} s'applique si l'acheteur s'oppose.",
            "La clause {} s'applique sauf à l'acheteur.",
        ),
    }[lang]
    return [Planted(text.format(clause), "condition") for text in texts]


def _dates(r: random.Random, lang: str) -> list[Planted]:
    months = r.sample(_MONTHS[lang], 2)
    day, other = r.sample(range(1, 29), 2)
    text = {"en": "Maintenance starts on {} {} 2026.", "fr": "La maintenance commence le {} {} 2026."}[lang]
    return [Planted(text.format(*pair), "date") for pair in ((day, months[0]), (other, months[0]), (day, months[1]))]


def _people(r: random.Random, lang: str) -> list[Planted]:
    one, other = r.sample(_PEOPLE, 2)
    text = {"en": "{} signs for the warehouse, {} does not.", "fr": "{} signe pour l'entrepôt, {} non."}[lang]
    return [Planted(text.format(one, other), "name"), Planted(text.format(other, one), "name")]


def _versions(r: random.Random, lang: str) -> list[Planted]:
    major, minor = r.randint(1, 9), r.randint(0, 30)
    text = {"en": "Use driver {} on the test bench.", "fr": "Utiliser le pilote {} sur le banc d'essai."}[lang]
    return [
        Planted(text.format(v), "version")
        for v in (f"{major}.{minor}.1", f"{major}.{minor}.10", f"{major}.{minor}.1-rc2")
    ]


def _phones(r: random.Random, lang: str) -> list[Planted]:
    last = r.randint(10, 89)
    text = {"en": "Call the night desk at +33 1 70 18 44 {}.", "fr": "Appeler l'astreinte au 01 70 18 44 {}."}[lang]
    return [Planted(text.format(last), "number"), Planted(text.format(last + 10), "number")]


def _quoted(r: random.Random, lang: str) -> list[Planted]:
    code = r.randint(100, 999)
    texts = {
        "en": ('The label must read "Lot {} - keep dry".', 'The label must read "Lot {} - keep cold".'),
        "fr": ("L'étiquette porte « Lot {} - tenir au sec ».", "L'étiquette porte « Lot {} - tenir au froid »."),
    }[lang]
    return [Planted(text.format(code), "quotation") for text in texts]


_FAMILIES: tuple[Callable[[random.Random, str], list[Planted]], ...] = (
    _returns, _doses, _negations, _conditions, _dates, _people, _versions, _phones, _quoted,
)  # fmt: skip


def some(r: random.Random, lang: str, families: int) -> list[Planted]:
    """The statements of so many families, in an order that parts the look-alikes."""
    found = [fact for family in r.sample(_FAMILIES, families) for fact in family(r, lang)]
    r.shuffle(found)
    return found
