"""Look-alikes and paraphrases, drawn from frames and things, and written by hand."""

import itertools
import random
from pathlib import Path

from msgspec import Struct

HERE = Path(__file__).parent


class Pair(Struct, frozen=True):
    one: str
    other: str
    language: str
    kind: str
    same: bool  # is the answer to one an answer to the other?


# Ways to ask the same; {} is the rest of the question.
_FRAMES = {
    "en": (
        (
            "how",
            ("How do I {}?", "How can I {}?", "how to {}", "Could you tell me how to {}?", "What is the way to {}?"),
        ),
        (
            "what",
            (
                "What is {}?",
                "What's {}?",
                "Can you tell me what {} is?",
                "Please tell me what is {}",
                "I'd like to know what {} is.",
            ),
        ),
        ("plain", ("{}?", "Please, {}?", "Hi, {}?")),
    ),
    "fr": (
        (
            "how",
            ("Comment puis-je {} ?", "Comment {} ?", "Quelle est la façon de {} ?", "Pouvez-vous me dire comment {} ?"),
        ),
        (
            "what",
            ("Quel est {} ?", "Peux-tu me dire quel est {} ?", "J'aimerais savoir quel est {}.", "Dis-moi quel est {}"),
        ),
        ("plain", ("{} ?", "Bonjour, {} ?", "{} s'il vous plaît ?")),
    ),
}  # fmt: skip

# What is asked, with one place, and what may stand there. Any two of them are two questions.
_THINGS: dict[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    "en": (
        ("number", "how", "convert {} miles to kilometres", ("3", "30", "3.5", "-3", "13", "three hundred")),
        ("number", "what", "the square root of {}", ("16", "61", "1600", "1.6", "sixty")),
        ("number", "how", "cook rice for {} people", ("4", "14", "two", "twelve")),
        ("date", "plain", "who won the world cup in {}", ("1998", "1989", "2018", "2002")),
        ("date", "what", "the tide table of {}", ("3 May 2026", "5 May 2026", "3 March 2026", "3 May 2025")),
        ("name", "what", "the capital of {}", ("Austria", "Australia", "Niger", "Nigeria", "Guinea")),
        ("name", "what", "the phone number of {}", ("Ines Marchetti", "Ines Machetti", "Paul Okafor", "Paula Okafor")),
        ("name", "how", "install {} on Debian", ("PostgreSQL", "MySQL", "Redis", "RabbitMQ")),
        ("version", "how", "upgrade to Python {}", ("3.1", "3.10", "3.11", "2.7")),
        ("unit", "what", "the boiling point of water in {}", ("celsius", "fahrenheit", "kelvin")),
        ("unit", "how", "measure 5 {} of flour", ("g", "kg", "cups", "ounces")),
        ("verb", "how", "{} an egg", ("boil", "fry", "poach", "peel")),
        ("verb", "how", "{} a file in git", ("add", "restore", "ignore", "rename")),
        ("noun", "how", "change the {} of my account", ("password", "address", "name", "currency", "owner")),
        ("noun", "what", "the {} of a bicycle", ("price", "weight", "height", "frame", "invention")),
        ("noun", "how", "train a {}", ("cat", "dog", "parrot", "horse", "model")),
        ("degree", "what", "the {} city in Europe", ("largest", "smallest", "oldest", "second largest", "safest")),
        ("order", "plain", "what comes {} the main course", ("before", "after", "with", "instead of")),
        ("place", "how", "park my car {} the station", ("at", "under", "behind", "near", "away from")),
        ("person", "plain", "what should {} do about the letter", ("I", "you", "he", "she", "they", "we")),
        ("mode", "plain", "{} I send the form by post", ("can", "must", "should", "may", "did")),
        ("tense", "plain", "who {} the president of Chile", ("is", "was", "will be")),
        ("condition", "plain", "what happens {} the alarm rings", ("if", "unless", "until", "before", "after")),
        ("quantity", "plain", "do {} birds migrate", ("all", "some", "most", "no", "any young")),
        ("language", "how", "say thank you in {}", ("Danish", "Dutch", "German", "Polish")),
        ("form", "plain", "explain recursion {}", ("to a child", "to an expert", "in one sentence", "in French")),
        ("address", "what", "the content of {}", ("https://a.example.org/a", "https://a.example.org/b")),
        ("quotation", "plain", 'what does "{}" mean', ("break a leg", "break an arm", "brake a leg")),
        ("sign", "what", "12 {} 4", ("+", "-", "*", "/", "%")),
        ("thing", "plain", "is {} good for plants", ("salt", "coffee", "milk", "rain", "acid rain")),
    ),
    "fr": (
        ("number", "how", "convertir {} miles en kilomètres", ("3", "30", "3,5", "13", "trois cents")),
        ("number", "what", "le carré de {}", ("16", "61", "1600", "soixante")),
        ("number", "how", "cuire du riz pour {} personnes", ("4", "14", "deux", "douze")),
        ("date", "plain", "qui a gagné la coupe du monde en {}", ("1998", "1989", "2018", "2002")),
        ("date", "what", "le menu du {}", ("3 mai 2026", "5 mai 2026", "3 mars 2026", "3 mai 2025")),
        ("name", "plain", "quelle est la capitale de {}", ("l'Autriche", "l'Australie", "la Guinée", "la Guyane")),
        ("name", "what", "le numéro de {}", ("Léa Fontaine", "Léo Fontaine", "Paul Roux", "Paule Roux")),
        ("name", "how", "installer {} sur Debian", ("PostgreSQL", "MySQL", "Redis", "RabbitMQ")),
        ("version", "how", "passer à Python {}", ("3.1", "3.10", "3.11", "2.7")),
        ("unit", "what", "le point d'ébullition de l'eau en {}", ("celsius", "fahrenheit", "kelvin")),
        ("unit", "how", "mesurer 5 {} de farine", ("g", "kg", "tasses", "onces")),
        ("verb", "how", "{} un oeuf", ("cuire", "frire", "pocher", "écaler")),
        ("verb", "how", "{} un fichier dans git", ("ajouter", "restaurer", "ignorer", "renommer")),
        ("noun", "how", "changer le {} de mon compte", ("mot de passe", "nom", "solde", "titulaire")),
        ("noun", "what", "le {} d'un vélo", ("prix", "poids", "cadre", "pneu")),
        ("noun", "how", "dresser un {}", ("chat", "chien", "perroquet", "cheval")),
        ("degree", "plain", "quelle est la {} ville d'Europe", ("plus grande", "plus petite", "moins chère")),
        ("order", "plain", "que sert-on {} le plat principal", ("avant", "après", "avec", "sans")),
        ("place", "how", "garer ma voiture {} la gare", ("devant", "derrière", "sous", "loin de")),
        ("person", "plain", "que doit faire {} de la lettre", ("Paul", "Paule", "le maire", "la maire adjointe")),
        ("mode", "plain", "{} envoyer le formulaire par la poste", ("peut-on", "doit-on", "faut-il", "a-t-on pu")),
        ("condition", "plain", "que faire {} l'alarme sonne", ("si", "quand", "avant que", "après que", "sauf si")),
        ("quantity", "plain", "est-ce que {} oiseaux migrent", ("tous les", "certains", "la plupart des", "peu d'")),
        ("language", "how", "dire merci en {}", ("danois", "néerlandais", "allemand", "polonais")),
        ("form", "plain", "explique la récursivité {}", ("à un enfant", "à un expert", "en une phrase", "en anglais")),
        ("address", "what", "le contenu de {}", ("https://a.example.org/a", "https://a.example.org/b")),
        ("quotation", "plain", "que veut dire « {} »", ("poser un lapin", "poser un lapin blanc", "poser un latin")),
        ("sign", "what", "le résultat de 12 {} 4", ("+", "-", "*", "/", "%")),
        ("thing", "plain", "le {} est-il bon pour les plantes", ("sel", "café", "lait", "vinaigre")),
    ),
}  # fmt: skip


def _asked(r: random.Random, language: str, frame: str, rest: str) -> str:
    frames = dict(_FRAMES[language])[frame]
    return r.choice(frames).format(rest)


def look_alikes(seed: int = 3) -> list[Pair]:
    """Every two fillings of every question, each put in words drawn from its frames, and those written by hand."""
    r = random.Random(seed)
    found = list(written("look_alikes.txt", same=False))
    for language, things in _THINGS.items():
        for kind, frame, rest, fillings in things:
            for one, other in itertools.combinations(fillings, 2):
                for _ in range(4):
                    asked = _asked(r, language, frame, rest.format(one))
                    found.append(Pair(asked, _asked(r, language, frame, rest.format(other)), language, kind, False))
            negated = _negated(language, frame, rest.format(fillings[0]))
            if negated:
                found.append(
                    Pair(_asked(r, language, frame, rest.format(fillings[0])), negated, language, "negation", False)
                )
    return list({(pair.one, pair.other): pair for pair in found if pair.one != pair.other}.values())


def _negated(language: str, frame: str, rest: str) -> str:
    if frame != "how":
        return ""
    return f"How do I not {rest}?" if language == "en" else f"Comment ne pas {rest} ?"


def paraphrases(seed: int = 3) -> list[Pair]:
    """The same question in two of its frames, and those written by hand."""
    r = random.Random(seed)
    found = list(written("paraphrases.txt", same=True))
    for language, things in _THINGS.items():
        for kind, frame, rest, fillings in things:
            for filling in r.sample(fillings, 2):
                one, other = r.sample(dict(_FRAMES[language])[frame], 2)
                found.append(
                    Pair(one.format(rest.format(filling)), other.format(rest.format(filling)), language, kind, True)
                )
    return found


def written(name: str, *, same: bool) -> list[Pair]:
    """Lines of `one | other`; for paraphrases a line may hold more than two, each of which is taken with the first."""
    found: list[Pair] = []
    language = "en"
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line.startswith("#"):
            language = line.removeprefix("#").strip()[:2]
        elif line.strip():
            first, *others = (part.strip() for part in line.split(" | "))
            found += [Pair(first, other, language, "written", same) for other in others]
    return found
