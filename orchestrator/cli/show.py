"""`orchestrator config show` and `orchestrator version`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from orchestrator.cli.command import Session, command


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="See the settings.", no_args_is_help=True)
    application.add_typer(group, name="config")

    @command(group, "show")
    def show(session: Session) -> None:
        """Every setting, and where its value comes from. Secrets are named, never shown."""
        from orchestrator.kernel.showing import shown

        settings = session.settings
        values = dict(leaves(shown(settings)))
        came = sources(session.options.config, session.flags, values)
        rows = [{"setting": name, "value": value, "from": came[name]} for name, value in values.items()]
        session.terminal.table({"items": rows}, rows, ("setting", "from", "value"), "")
        session.terminal.note(f"file: {session.options.config or settings.data / 'config.toml'}")

    @command(application, "version")
    def version(session: Session) -> None:
        """The version of AI Orchestrator."""
        from orchestrator import __version__

        session.terminal.result({"version": __version__}, f"AI Orchestrator {__version__}")


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def sources(file: Path | None, flags: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    """The last of default, file, environment, flag to change each value."""
    from orchestrator.kernel.settings import load, names_data
    from orchestrator.kernel.showing import shown

    nowhere = Path("/dev/null")
    environment = load(file=file)
    places = {"data": str(flags.get("data") or environment.data)}
    layers = {
        "default": load({}, nowhere, {"data": places["data"]}),
        "file": load({}, file, places),
        "environment": load(None, file, places),
    }
    found = dict.fromkeys(values, "default")
    before: dict[str, Any] = {}
    for source, settings in layers.items():
        now = dict(leaves(shown(settings)))
        found.update({name: source for name in values if now.get(name) != before.get(name)})
        before = now
    if names_data():
        found["data"] = "environment"
    given = {name for name, _ in leaves(flags)}
    found.update({name: "flag" for name in values if name in given or values[name] != before.get(name)})
    return found
