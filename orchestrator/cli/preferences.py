"""`orchestrator models prefer`: pins, the optimiser and the cache, changed while it runs."""

from typing import Annotated, Any

import typer

from orchestrator.cli.command import Session, command

_MODES = ("off", "minimal", "balanced", "aggressive")


def add_to(models: typer.Typer) -> None:
    @command(models, "prefer")
    def prefer(
        session: Session,
        pin: Annotated[
            list[str] | None, typer.Option(help="AGENT=MODEL: what auto means for an agent.", show_default=False)
        ] = None,
        unpin: Annotated[list[str] | None, typer.Option(help="An agent.", show_default=False)] = None,
        optimise: Annotated[
            str | None, typer.Option(help=f"Shorten what models read: {', '.join(_MODES)}.", show_default=False)
        ] = None,
        cache: Annotated[
            bool | None, typer.Option("--cache/--no-cache", help="Give answers again.", show_default=False)
        ] = None,
    ) -> None:
        """Show what is preferred, or prefer it otherwise: from now on, instead of what the settings say."""
        from orchestrator.kernel.errors import InvalidInput

        found: dict[str, Any] = session.do(session.connection.ask("GET", "/models/preferences"))
        wanted = {**found, "pins": dict(found["pins"])}
        for one in pin or ():
            agent, equals, model = one.partition("=")
            if not (agent and equals and model):
                raise InvalidInput(f"{one!r} pins nothing.", hint="Such as --pin assistant=openai/gpt-6.")
            wanted["pins"][agent] = model
        for agent in unpin or ():
            wanted["pins"].pop(agent, None)
        if optimise is not None:
            if optimise not in _MODES:
                raise InvalidInput(f"{optimise!r} is no mode.", hint=f"Say one of: {', '.join(_MODES)}.")
            wanted["optimise"] = optimise
        if cache is not None:
            wanted["cache"] = cache
        if wanted != found:
            found = session.do(session.connection.ask("PUT", "/models/preferences", wanted))
        pins = ", ".join(f"{agent} = {model}" for agent, model in found["pins"].items()) or "none"
        remembered = "given again" if found["cache"] else "not given again"
        text = f"pins: {pins}\noptimiser: {found['optimise']}\nanswers: {remembered}"
        session.terminal.result(found, text)
