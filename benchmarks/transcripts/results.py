"""What tools return: each of these is one result, with the statements it was given planted in it."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_ENGLISH = """
    order basket shelf invoice parcel route driver stock label queue ledger batch pallet dock scanner customer supplier
    carrier refund voucher season campaign forecast margin audit ticket desk shift budget plan branch
"""
_FRENCH = """
    commande panier rayon facture colis tournée chauffeur stock étiquette file registre lot palette quai lecteur client
    fournisseur transporteur avoir bon saison campagne prévision marge audit ticket guichet équipe budget plan agence
"""
_WORDS = {"en": _ENGLISH.split(), "fr": _FRENCH.split()}
_SENTENCES = {
    "en": (
        "The {a} team reviews the {b} before each {c} leaves the site.",
        "A {a} is linked to the {b} and shown beside the {c} on the screen.",
        "Most of the {a} work happens in the {b} area near the {c}.",
        "It helps to think of the {a} as a {b} with a {c} attached.",
        "The {a} was moved to the {b} so that the {c} could be read more easily.",
        "Several {a} records point to the same {b} through the {c}.",
    ),
    "fr": (
        "L'équipe {a} relit le dossier {b} avant que chaque {c} quitte le site.",
        "Le suivi {a} est relié au suivi {b} et affiché à côté du suivi {c}.",
        "Le travail sur {a} se fait surtout dans la zone {b}, près de la zone {c}.",
        "On peut voir le module {a} comme un module {b} relié au module {c}.",
        "Le module {a} a été déplacé vers {b} pour que {c} soit plus lisible.",
        "Plusieurs fiches {a} renvoient à la même fiche {b} par la fiche {c}.",
    ),
}
_FIRST = ("Anna", "Bruno", "Chloé", "David", "Elif", "Farid", "Greta", "Henri", "Irena", "Jonas", "Karim", "Lucie")
_CITIES = ("Lyon", "Nantes", "Leeds", "Porto", "Ghent", "Graz", "Turin", "Bergen", "Lille", "Cork")


def word(r: random.Random, lang: str) -> str:
    return r.choice(_WORDS[lang])


def sentence(r: random.Random, lang: str) -> str:
    a, b, c = r.sample(_WORDS[lang], 3)
    return r.choice(_SENTENCES[lang]).format(a=a, b=b, c=c)


def paragraph(r: random.Random, lang: str, length: int, planted: Sequence[str] = ()) -> str:
    said = [sentence(r, lang) for _ in range(length)]
    for statement in planted:
        said.insert(r.randint(0, len(said)), statement)
    return " ".join(said)


def identifier(r: random.Random) -> str:
    return "".join(r.choices("0123456789abcdef", k=8)) + "-" + "".join(r.choices("0123456789abcdef", k=4))


def moment(r: random.Random) -> datetime:
    return datetime(2026, r.randint(1, 11), r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), tzinfo=UTC)


def records(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    """A page of an API, as most print it: indented, with links and repeated keys."""
    kind = word(r, lang)
    items = []
    notes = list(planted)
    for index in range(r.randint(14, 30)):
        number = r.randint(1000, 99999)
        items.append(
            {
                "id": number,
                "reference": identifier(r),
                "url": f"https://api.example.net/v2/{index % 4}/{number}",
                "status": r.choice(["open", "paid", "late", "cancelled"]),
                "customer": {"name": r.choice(_FIRST), "city": r.choice(_CITIES), "vip": r.random() < 0.2},
                "amount": round(r.uniform(5, 4000), 2),
                "currency": "EUR",
                "created_at": moment(r).isoformat(),
                "updated_at": None if r.random() < 0.5 else moment(r).isoformat(),
                "note": notes.pop() if notes and r.random() < 0.4 else sentence(r, lang) if r.random() < 0.3 else "",
            }
        )
    items[-1]["remarks"] = notes
    return json.dumps(
        {"kind": kind, "page": 1, "total": len(items), "items": items}, indent=2, ensure_ascii=lang == "en"
    )


def detail(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    """One nested document: a configuration, a deployment."""
    services = {
        f"{word(r, 'en')}-{index}": {
            "image": f"registry.example.net/{word(r, 'en')}:{r.randint(1, 9)}.{r.randint(0, 30)}",
            "replicas": r.randint(1, 8),
            "env": {
                "LOG_LEVEL": "info",
                "REGION": r.choice(["eu-west-3", "eu-north-1"]),
                "CACHE_MB": r.randint(64, 900),
            },
            "ports": [r.randint(3000, 9999), r.randint(3000, 9999)],
            "healthcheck": {"path": "/healthz", "interval": 10, "retries": r.randint(2, 6)},
        }
        for index in range(r.randint(4, 9))
    }
    return json.dumps(
        {"services": services, "notes": list(planted), "owner": r.choice(_FIRST)}, indent=4, ensure_ascii=False
    )


def stream(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    """A log of one JSON object a line."""
    at, lines, notes = moment(r), [], list(planted)
    for _ in range(r.randint(25, 60)):
        at += timedelta(milliseconds=r.randint(20, 9000))
        said = notes.pop() if notes and r.random() < 0.2 else f"{word(r, lang)} {r.randint(100, 999)} {word(r, lang)}"
        row = {"time": at.isoformat(), "level": r.choice(["info", "info", "warn"]), "service": "till", "message": said}
        lines.append(json.dumps({**row, "trace": identifier(r)}, ensure_ascii=False))
    return "\n".join(
        [*lines, *(json.dumps({**row, "message": said, "trace": ""}, ensure_ascii=False) for said in notes)]
    )


def log(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    at, lines, notes = moment(r), [], list(planted)
    logger = r.choice(
        ["com.example.till.OrderConsumer", "com.example.dock.LabelPrinter", "net.example.sync.Replicator"]
    )
    for index in range(r.randint(30, 70)):
        at += timedelta(milliseconds=r.randint(10, 7000))
        level = r.choices(["INFO ", "DEBUG", "WARN "], [6, 3, 1])[0]
        said = notes.pop() if notes and index > 5 and r.random() < 0.2 else _event(r, lang)
        when = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        lines.append(f"{when} {level} [worker-{r.randint(1, 6)}] {logger} - {said}")
    return "\n".join([*lines, *(f"{at:%Y-%m-%dT%H:%M:%S}.000Z WARN  [main] {logger} - {said}" for said in notes)])


def _event(r: random.Random, lang: str) -> str:
    a, b = word(r, lang), word(r, lang)
    texts = {
        "en": (
            f"consumed {a} {r.randint(1000, 9999)} in {r.randint(1, 90)} ms",
            f"{a} written to {b} {r.randint(1, 40)}",
        ),
        "fr": (
            f"{a} {r.randint(1000, 9999)} traité en {r.randint(1, 90)} ms",
            f"{a} écrit dans {b} {r.randint(1, 40)}",
        ),
    }
    return r.choice(texts[lang])


def console(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    """A build with colours and a bar that is drawn again and again."""
    bar = "\r".join(f"\x1b[2K  fetching {step:3}% [{'#' * (step // 5):<20}] {step * 3} kB" for step in range(0, 101, 4))
    lines = [f"\x1b[1m$ make {word(r, 'en')}\x1b[0m", bar]
    lines += [
        f"\x1b[32m  ok\x1b[0m  \x1b[2m{r.randint(1, 900)} ms\x1b[0m  {word(r, 'en')}/{word(r, 'en')}_{r.randint(1, 99)}"
        for _ in range(r.randint(10, 25))
    ]
    lines += [f"\x1b[33mwarning:\x1b[0m {statement}" for statement in planted]
    return "\n".join([*lines, "\x1b[1mdone\x1b[0m"])


def listing(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    lines = []
    for _ in range(r.randint(3, 6)):
        folder = f"/srv/app/releases/current/packages/{word(r, 'en')}/src"
        lines += [f"{folder}/{word(r, 'en')}_{word(r, 'en')}_{r.randint(1, 99)}.py" for _ in range(r.randint(5, 14))]
    lines += [f"/srv/app/README: {statement}" for statement in planted]
    return "\n".join(lines)


def code(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    """A file, as a tool that reads files returns it."""
    lines = ["import logging", "", f'log = logging.getLogger("{word(r, "en")}")', "", ""]
    for _ in range(r.randint(3, 7)):
        a, b = word(r, "en"), word(r, "en")
        limit = r.randint(2, 900)
        lines += [
            f"def {a}_{b}_{r.randint(1, 99)}(items, limit={limit}):",
            f'    """Return the {a} of each {b} below the limit."""',
            f"    kept = [item for item in items if item.{a} < limit]",
            f"    if len(kept) > {r.randint(10, 99)}:",
            '        log.warning("too many: %d", len(kept))',
            f"    return sorted(kept, key=lambda item: item.{b})",
            "",
            "",
        ]
    for statement in planted:
        lines.insert(r.choice([i for i, line in enumerate(lines) if line.startswith("def")]), f"# {statement}")
    return "\n".join(lines)


def mail(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    sender, to = r.sample(_FIRST, 2)
    opening, closing = {
        "en": (f"Dear {to},\n\nI hope this email finds you well.", f"Best regards,\n{sender}"),
        "fr": (f"Bonjour {to},\n\nJ'espère que vous allez bien.", f"Cordialement,\n{sender}"),
    }[lang]
    old = paragraph(r, lang, 2)
    return "\n".join(
        [
            f"From: {sender} <{sender.lower()}@example.org>",
            f"To: {to} <{to.lower()}@example.com>",
            f"Date: {moment(r):%a, %d %b %Y %H:%M:%S} +0000",
            f"Subject: {word(r, lang)} {r.randint(10, 99)}",
            f"Message-ID: <{identifier(r)}@example.org>",
            "DKIM-Signature: v=1; a=rsa-sha256; d=example.org;",
            " b=" + "".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=344)),
            "",
            opening,
            "",
            paragraph(r, lang, 3, planted),
            "",
            closing,
            "",
            f"> {old}",
        ]
    )


def handbook(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    """A page of a handbook in Markdown: prose, a list, a table; nothing that a machine wrote."""
    notes = list(planted)
    parts = []
    for _ in range(r.randint(3, 5)):
        here = [notes.pop() for _ in range(min(len(notes), r.randint(0, 2)))]
        parts += [f"## {word(r, lang).title()}", "", paragraph(r, lang, r.randint(3, 6), here), ""]
    parts += [*(f"- {statement}" for statement in notes), ""]
    parts += [f"| {word(r, lang)} | {word(r, lang)} |", "|---|---|"]
    parts += [f"| {word(r, lang)} | {r.randint(1, 999)} |" for _ in range(r.randint(3, 8))]
    return "\n".join(parts)
