"""What a person approves is what they see."""

import pytest

from orchestrator.policy.lookalikes import lookalikes, spelled


@pytest.mark.parametrize(
    ("text", "kind", "plain"),
    [
        ("https://exаmple.com/", "imitates", "https://ex<U+0430>mple.com/"),
        ("аррӏе.com", "imitates", "<U+0430><U+0440><U+0440><U+04CF><U+0435>.com"),
        ("сat notes.txt", "imitates", "<U+0441>at"),
        ("ｅxample.com", "imitates", "<U+FF45>xample.com"),
        ("photo\u202egpj.exe", "reorders", "photo<U+202E>gpj.exe"),
        ("rm\u200b notes.txt", "hidden", "rm<U+200B>"),
        ("a\u00adb", "hidden", "a<U+00AD>b"),
        ("\x1b[31mred", "controls", "<U+001B>"),
        ("pay\u2066bob\u2069", "reorders", "pay<U+2066>bob<U+2069>"),
        ("𝐫𝐦 x", "imitates", "<U+1D42B><U+1D426>"),
    ],
)
def test_what_is_not_what_it_seems_is_said(text: str, kind: str, plain: str) -> None:
    found = lookalikes({"command": text})
    assert found and found[0].argument == "command"
    assert found[0].kind == kind
    assert found[0].plain.startswith(plain)


@pytest.mark.parametrize(
    "text",
    [
        "ls -la",
        "Écrire à Zoë : l’été, naïve, Straße, Łódź",
        "Привет, как дела?",
        "καλημέρα κόσμε",
        "日本語のテキスト",
        "שלום עולם",
        "مرحبا بالعالم",
        "می‌خواهم",
        "👩‍💻 done ✔️",
        "naïve.txt",
        "f(x) ≥ 2",
        "two\nlines\tand a tab",
        "",
    ],
)
def test_ordinary_writing_of_any_language_is_not(text: str) -> None:
    assert lookalikes({"body": text}) == ()


def test_every_argument_is_looked_at_however_deep() -> None:
    found = lookalikes(
        {"to": ["bob@example.com", "аlice@example.com"], "extra": {"n": {"m": "x\u200by"}}, "k\u200b": 1}
    )
    assert [(one.argument, one.kind) for one in found] == [
        ("to", "imitates"),
        ("extra", "hidden"),
        ("k\u200b", "hidden"),
    ]


def test_a_flood_is_bounded() -> None:
    assert len(lookalikes({"x": "аb " * 5000})) == 20
    assert spelled("plain") == "plain"
