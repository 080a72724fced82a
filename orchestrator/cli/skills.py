"""`orchestrator skills`: folders of instructions that agents read when they need them."""

from typing import Annotated, Any

import typer

from orchestrator.cli.command import Session, command

Name = Annotated[str, typer.Argument(help="As `skills list` shows it.")]


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Agent Skills: add, read, list and remove them.", no_args_is_help=True)
    application.add_typer(group, name="skills")

    @command(group, "list")
    def list_skills(session: Session) -> None:
        """The skills there are."""
        found = session.do(session.connection.ask("GET", "/skills"))
        session.terminal.table(
            found, found["items"], ("name", "signed", "needs", "description"), "There are no skills."
        )
        for source, problem in found["problems"].items():
            session.terminal.note(f"{source}: {problem}", "yellow")

    @command(group, "show")
    def show(session: Session, name: Name) -> None:
        """What a skill tells an agent, what it needs, and who signed it."""
        found = session.do(session.connection.ask("GET", f"/skills/{_checked(name)}"))
        session.terminal.result(found, None if session.terminal.json else _told(found))

    @command(group, "add")
    def add(
        session: Session,
        folder: Annotated[str, typer.Argument(help="A folder with a SKILL.md.")],
        unsigned: Annotated[
            bool, typer.Option("--unsigned", help="You have read it: add it though no trusted key has signed it.")
        ] = False,
        replace: Annotated[bool, typer.Option("--replace", help="In the place of the version that is there.")] = False,
    ) -> None:
        """Add a skill. Nothing in it is run."""
        import base64
        from pathlib import Path

        from orchestrator.kernel.errors import InvalidInput
        from orchestrator.tools.skills.skills import files_of

        try:
            files = files_of(Path(folder))
        except OSError as error:
            raise InvalidInput(f"{folder} cannot be read: {error}.", hint="Name a folder with a SKILL.md.") from error
        body: dict[str, Any] = {
            "files": {path: base64.b64encode(data).decode() for path, data in files.items()},
            "unsigned": unsigned,
            "replace": replace,
        }
        if not files:
            raise InvalidInput(f"{folder} holds no file.", hint="Name a folder with a SKILL.md.")
        added = session.do(session.connection.ask("POST", "/skills", body))
        session.terminal.result(added, f"{added['name']} is added. Needs: {', '.join(added['needs']) or 'nothing'}.")

    @command(group, "remove")
    def remove(session: Session, name: Name) -> None:
        """Remove a skill."""
        session.do(session.connection.ask("DELETE", f"/skills/{_checked(name)}"))
        session.terminal.result({"removed": name}, f"{name} is removed.")


def _checked(name: str) -> str:
    import re

    from orchestrator.kernel.errors import InvalidInput

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise InvalidInput(f"{name!r} cannot be the name of a skill.", hint="orchestrator skills list")
    return name


def _told(item: Any) -> str:
    signed = {"no": "nobody signed it", "unknown": f"signed by {item['key']}", "trusted": "signed by a trusted key"}
    about = [item["description"], "", f"Needs: {', '.join(item['needs']) or 'nothing'}; {signed[item['signed']]}."]
    about += [f"Works with: {item['compatibility']}"] if item["compatibility"] else []
    more = {"license": item["license"], **item["metadata"]}
    about += [", ".join(f"{key} {value}" for key, value in more.items() if value)] if any(more.values()) else []
    return "\n".join([item["name"], *about, f"Files: {', '.join(item['files'])}", "", item["body"]])
