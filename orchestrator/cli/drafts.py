"""`orchestrator tools drafts`, `approve`, `discard`: tools that an agent drafted, which a person looks at."""

from typing import Annotated

import typer

from orchestrator.cli.command import Session, command

Name = Annotated[str, typer.Argument(help="As `tools drafts` shows it.")]


def add_to(group: typer.Typer) -> None:
    @command(group, "drafts")
    def drafts(session: Session) -> None:
        """Tools that were drafted and wait for your approval."""
        found = session.do(session.connection.ask("GET", "/drafts"))
        rows = [{**item, "lines": item["code"].count("\n")} for item in found["items"]]
        session.terminal.table(found, rows, ("name", "lines", "digest"), "No draft waits.")

    @command(group, "approve")
    def approve(
        session: Session, name: Name, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
    ) -> int:
        """Look at a drafted tool, and make it one that agents can use."""
        from orchestrator.tools.plugins.drafts import known

        terminal = session.terminal
        known(name)
        draft = session.do(session.connection.ask("GET", f"/drafts/{name}"))
        if not yes:
            terminal.note(draft["code"])
            if not terminal.agrees(terminal.word("sure.draft", name=name)):
                return 1
        done = session.do(session.connection.ask("POST", f"/drafts/{name}/approve", {"digest": draft["digest"]}))
        broken = [item for item in done["items"] if item["what"] == "broken"]
        said = broken[0]["problem"] if broken else f"{name} is a tool now."
        terminal.result(done, said)
        return int(bool(broken))

    @command(group, "discard")
    def discard(session: Session, name: Name) -> None:
        """Throw a drafted tool away."""
        from orchestrator.tools.plugins.drafts import known

        known(name)
        session.do(session.connection.ask("DELETE", f"/drafts/{name}"))
        session.terminal.result({"discarded": name}, f"The draft {name} is gone.")
