"""The embedded model beside every tool of the product."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from benchmarks.embedded.__main__ import played
from benchmarks.embedded.sets import load
from benchmarks.embedded.world import NOW, world
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import Example, ToolSpec, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.embedded import Embedded, index, library
from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.mentions import Finder


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[ToolSpec, ...]]:
    with world(crowd=True) as place:
        yield place.specs


@pytest.fixture(scope="module")
def model() -> Embedded:
    return Embedded("embedded", Provider("embedded"), ManualClock(NOW))


def said(model: Embedded, text: str, tools: tuple[ToolSpec, ...]) -> Reply:
    return model.reply(Request("", (user(text),), tools))


@pytest.mark.parametrize(
    "text",
    [
        "the cat sat on the mat",
        "tell me a joke",
        "my dog is called Rex and he is 4",
        "raconte-moi une blague",
        "chante-moi une chanson",
        "les chaussettes de l'archiduchesse sont-elles sèches ?",
    ],
)
def test_what_asks_for_nothing_is_declined_with_what_this_model_is(
    model: Embedded, tools: tuple[ToolSpec, ...], text: str
) -> None:
    reply = said(model, text, tools)
    assert not reply.message.calls
    assert "built-in model" in reply.message.text or "modèle intégré" in reply.message.text
    assert "OPENAI_BASE_URL" in reply.message.text


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("please restart the redis container", "control_container", {"name": "redis", "action": "restart"}),
        ("peux-tu arrêter le conteneur proxy ?", "control_container", {"name": "proxy", "action": "stop"}),
        ("montre le journal du service redis", "read_journal", {"service": "redis"}),
        ("envoie un ping à www.example.net", "ping", {"host": "www.example.net"}),
        ("who is connected to this machine?", "logged_in", {}),
        ("fetch https://example.com", "http_request", {"url": "https://example.com"}),
        ("télécharge https://example.com/a.pdf", "download_file", {"url": "https://example.com/a.pdf"}),
        ("save https://example.com/a as b.html", "download_file", {"url": "https://example.com/a", "path": "b.html"}),
        ("envoie la commande uptime sur web7", "run_on_host", {"machine": "web7", "line": "uptime"}),
        ("sur srv-web, exécute df -h", "run_on_host", {"machine": "srv-web", "line": "df -h"}),
        ("git status of project", "git_status", {"path": "project"}),
        ("replace beta with BETA in a.txt", "edit_file", {"path": "a.txt", "find": "beta", "replace": "BETA"}),
        ("remplace pain par lait dans a.txt", "edit_file", {"path": "a.txt", "find": "pain", "replace": "lait"}),
        ("remind me on 3 March at 2pm to eat", "remind_me", {"when": "on 3 March at 2pm", "text": "eat"}),
        ("rappelle-moi le 3 mars à 14h de lire", "remind_me", {"when": "le 3 mars à 14h", "text": "lire"}),
        ("logs de ssh depuis 2026-11-01", "read_journal", {"service": "ssh", "since": "2026-11-01"}),
    ],
)
def test_names_are_found_beside_the_words_that_lead_to_them(
    model: Embedded, tools: tuple[ToolSpec, ...], text: str, name: str, arguments: dict[str, str]
) -> None:
    (call,) = said(model, text, tools).message.calls
    assert (call.name, call.arguments) == (name, arguments)


@pytest.mark.parametrize(
    ("text", "last", "arguments"),
    [
        ("mets 'bonjour' dans x.txt puis lis-le", "read_file", {"path": "x.txt"}),
        ("create x.txt with 'a' and show it", "read_file", {"path": "x.txt"}),
        ("écris 'a' dans x.txt puis lis le fichier", "read_file", {"path": "x.txt"}),
        ("supprime a.txt puis montre les fichiers", "list_directory", {}),
        ("make a folder demo, put a file x.txt in it with 'hi', then list it", "list_directory", {"path": "demo"}),
        (
            "create a folder reports and inside it a file a.md containing 'x'",
            "write_file",
            {"path": "reports/a.md", "content": "x"},
        ),
        ("combien d'espace disque reste-t-il ?", "disk_usage", {}),
        (
            "dessine un graphique des montants par région de x.csv",
            "chart_data",
            {"path": "x.csv", "value": "montants", "by": "région"},
        ),
        ("cherche le mot bonjour dans les fichiers", "search_files", {"text": "bonjour"}),
        ("hey can u tell me whats 17% of 365", "calculate", {"expression": "17 / 100 * 365"}),
    ],
)
async def test_the_first_requests_of_newcomers_mean_what_they_say(
    model: Embedded, text: str, last: str, arguments: dict[str, str]
) -> None:
    among = load("strangers_development")
    case = msgspec.structs.replace(among.cases[0], text=text, before=())
    got, _ = await played(case, model, among)
    assert (got.calls[-1].name, got.calls[-1].arguments) == (last, arguments)


@pytest.mark.parametrize(
    ("texts", "calls"),
    [
        # a sysadmin
        (["which containers are unhealthy, and why?"], [("list_containers", {"only": "unhealthy"})]),
        (["y a-t-il des conteneurs en panne ?"], [("list_containers", {"only": "unhealthy"})]),
        (["pourquoi le conteneur cache est-il malade ?"], [("inspect_container", {"name": "cache"})]),
        (["which containers exited?"], [("list_containers", {"only": "stopped"})]),
        (["combien de conteneurs tournent ?"], [("list_containers", {"only": "running"})]),
        (["redémarre nginx"], [("control_service", {"name": "nginx", "action": "restart"})]),
        (["qui écoute sur le port 8080 ?"], [("open_ports", {})]),
        (
            ["check ports 80 and 443 on acme.com"],
            [("check_port", {"host": "acme.com", "port": port}) for port in (80, 443)],
        ),
        (["tue le processus 4242"], [("end_process", {"pid": 4242})]),
        (["say the reminder: water the plants"], [("say_reminder", {"text": "water the plants"})]),
        (
            ["download https://example.com/a.csv and save it as x.csv"],
            [("download_file", {"url": "https://example.com/a.csv", "path": "x.csv"})],
        ),
        (
            ["télécharge https://example.com et enregistre la page dans x.html"],
            [("download_file", {"url": "https://example.com", "path": "x.html"})],
        ),
        # a developer
        (
            ["commit a file hello.txt with 'hi' to octo/shop, message 'add hello'"],
            [
                (
                    "github_commit_file",
                    {"repository": "octo/shop", "file": "hello.txt", "content": "hi", "message": "add hello"},
                )
            ],
        ),
        (["stash, pull, stash pop"], [("git_stash", {}), ("git_pull", {}), ("git_stash", {"action": "pop"})]),
        (
            ["new branch feature/x, then show me the branches"],
            [("git_switch", {"branch": "feature/x", "create": True}), ("git_branches", {})],
        ),
        (["read README.md of acme/widgets"], [("github_read", {"repository": "acme/widgets", "file": "README.md"})]),
        (["search for 'TODO' in acme/widgets"], [("search_files", {"text": "TODO", "path": "acme/widgets"})]),
        # an analyst
        (["chart this CSV: x.csv"], [("chart_data", {"path": "x.csv"})]),
        (["quel est le total des montants dans x.csv ?"], [("total_data", {"path": "x.csv", "value": "montants"})]),
        (
            ["montre-moi un camembert des dépenses par poste avec x.xlsx"],
            [("chart_data", {"path": "x.xlsx", "value": "dépenses", "by": "poste", "kind": "pie"})],
        ),
        (
            ["can you draw a bar chart of stock by warehouse using x.csv?"],
            [("chart_data", {"path": "x.csv", "value": "stock", "by": "warehouse", "kind": "bar"})],
        ),
        # what follows up
        (
            ["show the journal of cron", "only the warnings"],
            [("read_journal", {"service": "cron", "level": "warning"})],
        ),
        (["chart x.csv by month", "et par région ?"], [("chart_data", {"path": "x.csv", "by": "région"})]),
        (["show the containers", "and the running ones?"], [("list_containers", {"only": "running"})]),
        (["search the web for red shoes", "no, rather blue hats"], [("web_search", {"query": "blue hats"})]),
        (["show the journal of nginx", "restart it"], [("control_service", {"name": "nginx", "action": "restart"})]),
        (["redémarre nginx", "montre son journal"], [("read_journal", {"service": "nginx"})]),
    ],
)
async def test_people_at_work_are_understood(model: Embedded, texts: list[str], calls: list[Any]) -> None:
    among = load("strangers_development")
    case = msgspec.structs.replace(among.cases[0], text=texts[-1], before=tuple(texts[:-1]))
    got, _ = await played(case, model, among)
    assert [(call.name, call.arguments) for call in got.calls] == calls


@pytest.mark.parametrize(
    "text",
    [
        "where is my phone?",
        "chart this CSV",
        'put "hello" into notes.md of octo/shop with the message "first note"',
        "close port 80",
        "turn up the volume",
        "restart it",
        "switch to dark mode",
        "send the file",
        "mysql stopped working",
    ],
)
def test_what_no_tool_is_told_or_takes_calls_none(model: Embedded, tools: tuple[ToolSpec, ...], text: str) -> None:
    assert not said(model, text, tools).message.calls


async def test_nothing_is_made_inside_what_was_not_understood(model: Embedded) -> None:
    among = load("strangers_development")
    text = "crée-moi un dossier Photos vacances et dedans un sous-dossier Italie"
    got, _ = await played(msgspec.structs.replace(among.cases[0], text=text, before=()), model, among)
    assert got.calls == ()


async def test_how_much_is_left_is_no_count_of_disks(model: Embedded) -> None:
    among = load("strangers_development")
    text = "combien d'espace disque reste-t-il ?"
    got, _ = await played(msgspec.structs.replace(among.cases[0], text=text, before=()), model, among)
    assert "**" not in got.answer


def test_no_path_from_elsewhere_is_a_repository(model: Embedded, tools: tuple[ToolSpec, ...]) -> None:
    calls = said(model, "list the files of ~/.ssh", tools).message.calls
    assert not any(call.name.startswith("github") for call in calls)


def test_two_tools_that_fit_alike_are_both_named() -> None:
    def bell(name: str) -> ToolSpec:
        examples = (Example("en", f"please ring the old bell of the {name}", {}),)
        return ToolSpec(name, "Ring a bell.", {"type": "object", "properties": {}}, effects="once", examples=examples)

    model = Embedded("embedded", Provider("embedded"), ManualClock(NOW))
    reply = said(model, "would you ring the old bell", (bell("tower"), bell("chapel")))
    assert not reply.message.calls
    assert "tower" in reply.message.text and "chapel" in reply.message.text


def test_a_tool_is_compiled_once_however_the_set_changes(
    tools: tuple[ToolSpec, ...], monkeypatch: pytest.MonkeyPatch
) -> None:

    learnt: list[str] = []
    real = index.learnt

    def counted(spec: ToolSpec, finder: Finder) -> Entry:
        learnt.append(spec.name)
        return real(spec, finder)

    monkeypatch.setattr(library, "learnt", counted)
    model = Embedded("embedded", Provider("embedded"), ManualClock(NOW))
    for size in (10, 12, 11):
        said(model, "hello", tools[:size])
    assert sorted(learnt) == sorted(spec.name for spec in tools[:12])
