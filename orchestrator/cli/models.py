"""`orchestrator models`: who can think here, connected, fetched, tried and judged."""

import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import cache, preferences
from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Language

Named = Annotated[str, typer.Argument(help="A model, a provider, or provider/model.")]
_KINDS = ("openai", "responses", "anthropic", "gemini", "deepseek", "huggingface", "ollama", "llamacpp", "scripted")
_WIDTH = 30  # characters of a progress bar


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="List models and providers, connect one, fetch one, try one.", no_args_is_help=True)
    application.add_typer(group, name="models")
    _looking(group)
    _connecting(group)
    _trying(group)
    cache.add_to(group)
    preferences.add_to(group)


def _looking(group: typer.Typer) -> None:
    @command(group, "list")
    def list_models(session: Session) -> None:
        """Every model of every provider that answers, how the providers fare, and which model auto takes."""
        from orchestrator.cli.choices import chosen

        found = session.do(session.connection.models())
        detailed = session.do(session.connection.ask("GET", "/models"))
        terminal = session.terminal
        more = {one["model"]: one for one in detailed["items"]}
        rows = [_row({**model, **more.get(f"{model['provider']}/{model['name']}", {})}) for model in found["items"]]
        columns = ("name", "capabilities", "context", "price", "simulated", "description")
        terminal.table({**found, "providers": detailed["providers"]}, rows, columns, "No model answers.")
        if terminal.json:
            return
        for provider, health in found["health"].items():
            if not health["ok"]:
                terminal.note(f"{provider}: {_ill(terminal.language, health)}", "yellow")
            elif health["breaker"] != "closed":
                said = f"{provider}: breaker {health['breaker']}, asked again in {health['resumes_in']:.0f} s"
                terminal.note(said, "yellow")
        if found["auto"]:
            terminal.note(f"auto: {found['auto']['model']} ({chosen(terminal.language, found['auto']['reason'])})")

    @command(group, "show")
    def show(session: Session, model: Named) -> None:
        """What is known of one model: abilities, sizes, price, speed as it was seen."""
        found = session.do(session.connection.ask("GET", "/models/show", model=model))
        session.terminal.result(found)

    @command(group, "route")
    def route(
        session: Session,
        task: Annotated[str, typer.Argument(help="What is to be done, in words.")],
        model: Annotated[str, typer.Option(help="auto, auto:interactive, auto:batch, auto:private, …")] = "auto",
    ) -> None:
        """Which model a task would get, and why. Nothing is asked of it."""
        from orchestrator.cli.choices import chosen

        found = session.do(session.connection.ask("POST", "/models/route", {"task": task, "model": model}))
        if session.terminal.json:
            session.terminal.result(found)
            return
        rows = [
            {**one, "quality": f"{one['quality']:.0%}", "dollars": f"{one['dollars']:.6f}"} for one in found["ranked"]
        ]
        session.terminal.table(found, rows, ("model", "quality", "dollars", "judgements"), "No model answers.")
        why = chosen(session.terminal.language, found["reason"])
        session.terminal.line(f"{found['model']} (a {found['kind']} task): {why}")
        session.terminal.note(f"then: {', '.join(found['chain'][1:]) or 'nobody'}")


def _ill(language: "Language", health: Any) -> str:
    from orchestrator.cli.translations import problem

    said = problem(language, health["code"], health["detail"], "")
    return f"{said.detail} {said.hint} ({said.original})" if said.original else said.detail


def _connecting(group: typer.Typer) -> None:
    @command(group, "add")
    def add(
        session: Session,
        name: Annotated[str, typer.Argument(help="What it is called here.")],
        kind: Annotated[str, typer.Option(help=f"{', '.join(_KINDS)}; else what its name says, or openai.")] = "",
        base_url: Annotated[str, typer.Option("--base-url", help="Its address, where not the vendor's own.")] = "",
        model: Annotated[str, typer.Option(help="The model to use when none is named.")] = "",
        key_env: Annotated[str, typer.Option("--key-env", help="The variable that holds its key.")] = "",
        stdin: Annotated[bool, typer.Option("--stdin", help="Read the key from standard input.")] = False,
        no_key: Annotated[bool, typer.Option("--no-key", help="It wants no key.")] = False,
        place: Annotated[str, typer.Option(help="Where it runs: a word for auto:WORD.")] = "",
    ) -> None:
        """Connect a provider, from now on and without a restart. Its key is asked for, and kept in the vault."""
        kind = kind or (name if name in _KINDS else "openai")
        keyless = no_key or bool(key_env) or kind in ("ollama", "llamacpp", "scripted")
        key = "" if keyless else _key(session, stdin)
        body = {
            "name": name,
            "kind": kind,
            "base_url": base_url,
            "model": model,
            "api_key": key,
            "api_key_env": key_env,
            "place": place,
        }
        added = session.do(session.connection.ask("POST", "/models/providers", body))
        session.terminal.result(added, f"{name} is connected{'' if added['ok'] else ', but: ' + added['detail']}")

    @command(group, "remove")
    def remove(session: Session, name: Annotated[str, typer.Argument(help="A provider that was added.")]) -> None:
        """Remove a provider that was added, and its key."""
        session.do(session.connection.ask("DELETE", f"/models/providers/{name}"))
        session.terminal.result({"removed": name}, f"{name} is removed.")

    @command(group, "pull")
    def pull(
        session: Session,
        name: Annotated[str, typer.Argument(help="A name of Ollama's; hf:OWNER/REPOSITORY/FILE.gguf; or an address.")],
        sha256: Annotated[str, typer.Option(help="The hash that the file must have.")] = "",
    ) -> None:
        """Fetch a model, going on where it broke off before: Ollama's by its name, a GGUF file by its address."""
        terminal = session.terminal
        last: dict[str, Any] = {}
        with_bar = sys.stderr.isatty() and not terminal.json
        with closing(iter(session.worker.feed(session.connection.pull(name, sha256)))) as steps:
            for step in steps:
                if not isinstance(step, dict):
                    raise KeyboardInterrupt
                if with_bar:
                    terminal.progress(_bar(step))
                elif not terminal.json and step["status"] != last.get("status"):
                    terminal.note(step["status"])
                last = step
        if with_bar:
            terminal.progress("")
        terminal.result({"name": name, **last}, f"{name} is there.")


def _trying(group: typer.Typer) -> None:
    @command(group, "test")
    def test(session: Session, model: Named = "auto") -> int:
        """Ask a model a small question and time its answer."""
        from orchestrator.cli.follow import EXIT, follow, leaving
        from orchestrator.cli.prose import Silent

        connection, terminal = session.connection, session.terminal
        began = time.monotonic()
        started = session.do(connection.start("What is 6 * 7?", conversation_id=None, model=model, approvals="refuse"))
        run = follow(session, started["run_id"], leaving, Silent())
        seconds = time.monotonic() - began
        said = {"model": run["model"], "status": run["status"], "answer": run["answer"], "seconds": round(seconds, 3)}
        answered = f"{run['model']} answered in {seconds:.2f} s: " if run["status"] == "completed" else ""
        terminal.result(said, f"{answered}{run['answer']}")
        return EXIT[run["status"]]

    @command(group, "rate")
    def rate(
        session: Session,
        run_id: Annotated[str, typer.Argument(help="A run.")],
        judgement: Annotated[str, typer.Argument(help="good or bad.")],
        note: Annotated[str, typer.Option(help="Why.")] = "",
    ) -> None:
        """Say whether the answer of a run was good: auto learns from it."""
        from orchestrator.kernel.errors import InvalidInput

        if judgement not in ("good", "bad"):
            raise InvalidInput(f"{judgement!r} is no judgement.", hint="Say good or bad.")
        body = {"run_id": run_id, "good": judgement == "good", "note": note}
        rated = session.do(session.connection.ask("POST", "/models/rate", body))
        session.terminal.result(rated, f"{rated['model'] or 'The model'} was {judgement} at a {rated['kind']} task.")


def _row(model: dict[str, Any]) -> dict[str, Any]:
    price = model.get("price")
    return {
        **model,
        "name": f"{model['provider']}/{model['name']}",
        "capabilities": sorted(model["capabilities"]),
        "price": f"{price['input']:g}/{price['output']:g}" if price else "",
    }


def _bar(step: dict[str, Any]) -> str:
    """How far it is, in one line."""
    total, done = step["total"], step["completed"]
    if not total:
        return str(step["status"])
    full = int(_WIDTH * min(1.0, done / total))
    return f"[{'#' * full}{'.' * (_WIDTH - full)}] {done / total:4.0%} of {total / 2**20:.1f} MiB  {step['status']}"


def _key(session: Session, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().strip()
    if not sys.stdin.isatty():
        from orchestrator.kernel.errors import InvalidInput

        raise InvalidInput("Nobody is there to type a key.", hint="Give it with --stdin, --key-env NAME, or --no-key.")
    return session.terminal.read_secret("Key: ").strip()
