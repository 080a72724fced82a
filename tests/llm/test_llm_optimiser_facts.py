"""Nothing that counts is lost: facts beside their look-alikes, in every mode, in both languages."""

import html
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.transcripts import build
from orchestrator.llm.optimiser import noise, pages, prose
from orchestrator.llm.optimiser.facts import bears, facts
from orchestrator.llm.optimiser.fidelity import check
from orchestrator.llm.optimiser.prompt import optimize_message_history, optimize_prompt

MODES = ("minimal", "balanced", "aggressive")

# Each line is a family: what may never be lost, merged or taken for its neighbour.
FAMILIES = [
    ["Refunds are paid within 30 days.", "Refunds are paid within 13 days.", "Refunds are paid within 30 hours."],
    [
        "Alice approves orders above 500 EUR.",
        "Bob approves orders above 500 EUR.",
        "Alice approves orders above 500 USD.",
    ],
    ["The door is locked at night.", "The door is not locked at night.", "The door isn't locked at night."],
    [
        "Pay the invoice if the goods arrive.",
        "Pay the invoice unless the goods arrive.",
        "Pay the invoice when the goods arrive.",
    ],
    ["All sites except Lyon close on 24 December.", "All sites including Lyon close on 24 December."],
    [
        "Le site ferme le 3 mai.",
        "Le site ne ferme pas le 3 mai.",
        "Le site ferme le 3 mars.",
        "Le site ne ferme que le 3 mai.",
    ],
    ["Tous les agents sauf Karim ont accès.", "Tous les agents, Karim compris, ont accès.", "Aucun agent n'a accès."],
    ["La remise vaut à moins que le panier soit vide.", "La remise vaut à condition que le panier soit vide."],
    ["L’accès n’est jamais refusé aux gardiens.", "L’accès n’est plus refusé aux gardiens."],
    ["Call +44 20 7946 0018 first.", "Call +44 20 7946 0081 first."],
    ["Upgrade to 2.10.1 only.", "Upgrade to 2.1.10 only.", "Upgrade to 2.1.10-rc1 only."],
    ['She said "ship it today".', 'She said "do not ship it today".', "Elle a dit « livrez demain »."],
    [
        "The dose is 5 mg per kg.",
        "The dose is 5 µg per kg.",
        "The dose is 50 mg per kg.",
        "The dose is five mg per kg.",
    ],
    ["The limit is −3 °C.", "The limit is 3 °C.", "The limit is 3 °F.", "The limit is ½ of 3 °C."],
    ["| Ghent | 12 | open |", "| Ghent | 21 | open |", "| Gent | 12 | open |"],
    ["See https://example.org/a?id=1&v=2 for it.", "See https://example.org/a?id=1&v=3 for it."],
    ["the supplier shall deliver", "the supplier may deliver", "the supplier should deliver"],
    ["price: 19,90 €", "price: 19.90 €", "price: 1 990 €"],
    ["def total(a, b): return a + b", "def total(a, b): return a - b"],
    ["王さんは3時に来ます。", "王さんは4時に来ます。", "الاجتماع يوم 5", "الاجتماع يوم 6"],
    ["he said: 'she answered: \"no\"'", "he said: 'she answered: \"yes\"'"],
]
STATEMENTS = [line for family in FAMILIES for line in family]
FILLER = [
    "Sure! I'd be happy to help with that.",
    "Let me take a look at the file.",
    "I hope this helps! Let me know if you need anything else.",
    "Merci de votre patience. N'hésitez pas à me contacter.",
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("joint", ["\n", "\n\n", "\n- ", "\n> "])
def test_look_alikes_all_stay_word_for_word(mode: str, joint: str) -> None:
    text = joint.join(["Rules", *STATEMENTS, *FILLER, *STATEMENTS])
    made, metrics = optimize_prompt(text, mode)
    assert metrics.tokens_after <= metrics.tokens_before
    for statement in STATEMENTS:
        assert statement in made


@pytest.mark.parametrize("mode", MODES)
def test_look_alikes_stay_inside_paragraphs(mode: str) -> None:
    for family in FAMILIES:
        paragraph = "This page is about rules. " + " ".join(family) + " That is what the page says."
        made, _ = optimize_prompt(f"Intro.\n\n{paragraph}\n\n{paragraph}\n\nWhat holds?", mode)
        for statement in family:
            assert statement in made, mode


@pytest.mark.parametrize("mode", MODES)
def test_the_instructions_the_question_code_and_quotations_stay(mode: str) -> None:
    code = "```python\nif not ok :\n\n\n    retry( 3 )   \n```"
    quote = '> "We never said yes." — the board'
    head = "You are a careful assistant.   Never guess.\n\n\nAnswer in French."
    question = "Sure, thanks! Let me know: which rule holds?  And since when?"
    long = "\n".join(f"line {n} of the log that is long enough to be seen again" for n in range(20))
    messages = [
        {"role": "system", "content": head},
        {"role": "user", "content": question},
        {"role": "tool", "content": f"{long}\n{code}\n{quote}"},
        {"role": "assistant", "content": "Sure! Let me take a look."},
        {"role": "tool", "content": f"{long}\n{head}\n{question}"},
        {"role": "user", "content": question},
    ]
    made, _ = optimize_message_history(messages, mode)
    assert [m["content"] for m in made if m["role"] in ("system", "user")] == [head, question, question]
    assert code in made[2]["content"]
    assert quote in made[2]["content"]
    prompt = f"{head}\n\n{long}\n\n{code}\n{quote}\n{long}\n\n{question}"
    text, _ = optimize_prompt(prompt, mode)
    assert text.startswith("You are a careful assistant.")
    assert text.endswith(question)
    assert code in text
    assert quote in text


@pytest.mark.parametrize(
    "lead", ["- Limit: ", "**Limit:** ", "1. ", "* [x] ", "> ", "| 7 | ", "(a) ", "§ 3 ", "— ", "3.1.2 "]
)
def test_rules_in_a_row_are_not_taken_apart(lead: str) -> None:
    rules = [
        f"{lead}{days} days for goods from {place}" for days, place in ((30, "Ghent"), (13, "Gent"), (31, "Graz")) * 3
    ]
    made, _ = optimize_prompt("\n".join(["Rules", *rules, "Which?"]), "aggressive")
    for rule in rules:
        assert rule in made


def test_a_question_said_twice_is_asked_twice() -> None:
    question = (
        "Which of the suppliers may deliver to the site in Ghent before the end of the month, and at what price?" * 2
    )
    made, _ = optimize_prompt(f"{question}\n\n{'data ' * 30}\n\n{question}", "balanced")
    assert made.count(question) == 2


@pytest.mark.parametrize("scene", sorted(build.SCENES))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_published_figures_hold(scene: str, language: str) -> None:
    for seed in (104, 105):  # not those of the benchmark
        transcript = build.transcript(seed, scene, language)
        for mode in MODES:
            made, metrics = optimize_message_history(transcript.messages, mode)
            assert build.kept(transcript.planted, made) == list(transcript.planted), mode
            assert metrics.tokens_after <= metrics.tokens_before
            assert sum(metrics.by_rule.values()) == metrics.tokens_saved


def test_what_a_program_says_is_not_courtesy() -> None:
    output = "OK\nSure\nPerfect.\nThank you\nDone.\nfalse\n"
    for mode in MODES:
        made, _ = optimize_message_history([{"role": "tool", "content": output}], mode)
        assert made[0]["content"].split()[:3] == ["OK", "Sure", "Perfect."]
    answer = [{"role": "assistant", "content": "Certainly."}, {"role": "assistant", "content": "Absolutely! No."}]
    assert optimize_message_history(answer, "aggressive")[0][0]["content"] == "Certainly."


@pytest.mark.parametrize("sentence", [line for line in STATEMENTS if line[0].isalpha()])
def test_every_statement_bears_a_fact(sentence: str) -> None:
    if sentence.isascii() or sentence[0] < "\u0400":
        assert bears(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Let me check the order of 3 May.",
        "I'll look at what Alice sent.",
        "Let me see whether it is not there.",
        "Je vais vérifier la commande 12.",
        "Je vais regarder si Paul est là.",
        "Thank you for the 500 EUR.",
        "Let me know if you want any refunds.",
        "I hope this helps Karim.",
    ],
)
def test_a_sentence_with_a_fact_is_no_courtesy(sentence: str) -> None:
    assert not prose.empty(sentence)


def test_the_checker_sees_what_is_lost() -> None:
    text = "Intro.\nThe limit is 30 days.\nThe limit is 13 days.\n" + json.dumps({"a": 1, "b": "never"}, indent=1)
    assert check(text, text).lossless
    for lost in ("The limit is 13 days.", '"never"'):
        report = check(text, text.replace(lost, "x"))
        assert not report.faithful
        assert not report.lossless
        assert len(report.lost) == 1
    assert check(text, text.replace("30 days.\nThe limit is 13", "13 days.\nThe limit is 30")).faithful


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(STATEMENTS + FILLER), st.text(max_size=60)), max_size=25), st.sampled_from(MODES)
)
def test_the_checker_finds_every_text_faithful(lines: list[str], mode: str) -> None:
    text = "\n".join(lines)
    made, _ = optimize_prompt(text, mode)
    assert check(text, made).faithful


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=12))
def test_a_page_keeps_what_it_shows(statements: list[str]) -> None:
    body = "".join(f'<p class="x" data-id="7">{html.escape(s)}</p><!-- {n} --><br/>' for n, s in enumerate(statements))
    page = f"<!DOCTYPE html><html><head><style>p{{}}</style></head><body>{body}<script>a<b</script></body></html>"
    made = "\n".join(pages.readable(page))
    for statement in statements:
        assert " ".join(statement.split()) in made
    assert "script" not in made and "a<b" not in made


def test_a_page_keeps_links_alternatives_dates_and_data() -> None:
    page = (
        '<html><head><title>Stock</title><meta name="description" content="What is left.">'
        '<script type="application/ld+json">'
        '{"price": 12.5}</script></head><body><nav><a href="/a?x=1">Home</a></nav><img src="x.png" alt="Gate 7">'
        '<time datetime="2026-03-01">1 March</time><span data-price="19.90" data-x="1">cheap</span>'
        "<pre>a\n  b</pre><table><tr><th>Site</th><td>Ghent</td></tr></table><a href='#top'>up</a> 1 < 2</body></html>"
    )
    made = "\n".join(pages.readable(page))
    for kept in (
        "Stock",
        "description: What is left.",
        '{"price": 12.5}',
        "[Home](/a?x=1)",
        "[Gate 7]",
        "[2026-03-01] 1 March",
    ):
        assert kept in made
    for kept in ("[price: 19.90] cheap", "```\na\n  b\n```", "| Site | Ghent", "up 1 < 2"):
        assert kept in made


def test_noise_is_what_nobody_sees() -> None:
    assert noise.shown("\x1b[31mred\x1b[0m  ") == "red"
    assert noise.shown("10%\r20%\rdone 100%") == "done 100%"
    assert noise.left_out("a" * 300) == "a" * 300
    assert noise.left_out("-" * 300) == "-" * 300
    assert noise.left_out("/usr/share/" * 40) == "/usr/share/" * 40
    token = "aB3dE6gH9jK2" * 30
    assert noise.left_out(f"key {token} end") == f"key [{len(token)} characters of encoded bytes left out] end"


def test_facts_are_found_by_their_form() -> None:
    found = {
        (fact.kind, fact.value) for fact in facts('Mail a@b.org by 3 May, or call Ines Roux: "no 5 kg" for ab_12.')
    }
    assert {("address", "a@b.org"), ("name", "Ines Roux"), ("quotation", '"no 5 kg"'), ("identifier", "ab_12")} <= found
