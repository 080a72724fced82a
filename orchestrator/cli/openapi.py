"""`orchestrator tools openapi`: what an API can do, as tools."""

from typing import Annotated, Any

import typer

from orchestrator.cli.command import Session, command

Name = Annotated[str, typer.Argument(help="What it is called here; its tools are called NAME_….")]


def add_to(tools: typer.Typer) -> None:
    group = typer.Typer(help="APIs that an OpenAPI document describes, as tools.", no_args_is_help=True)
    tools.add_typer(group, name="openapi")

    @command(group, "list")
    def list_documents(session: Session) -> None:
        """The documents there are."""
        found = session.do(session.connection.ask("GET", "/openapi"))
        rows = [{**item, "tools": len(item["tools"])} for item in found["items"]]
        session.terminal.table(found, rows, ("name", "tools", "server", "title"), "There are none.")
        for source, problem in found["problems"].items():
            session.terminal.note(f"{source}: {problem}", "yellow")

    @command(group, "show")
    def show(session: Session, name: Name) -> None:
        """The tools of a document, and what of it was left out."""
        from orchestrator.kernel.errors import NotFound

        found = session.do(session.connection.ask("GET", "/openapi"))["items"]
        item = next((one for one in found if one["name"] == checked(name)), None)
        if item is None:
            there = ", ".join(one["name"] for one in found)
            raise NotFound(f"There is no API {name!r}.", hint=f"There are: {there}." if there else "There are none.")
        session.terminal.result(item, None if session.terminal.json else _told(item))

    @command(group, "add")
    def add(
        session: Session,
        name: Name,
        document: Annotated[str, typer.Argument(help="A file, an address, or - for standard input.")],
        server: Annotated[str, typer.Option("--server", help="Where it is called, if it does not say.")] = "",
        secret: Annotated[
            list[str] | None, typer.Option(help="SCHEME=NAME: the secret of a security scheme. May be repeated.")
        ] = None,
        replace: Annotated[bool, typer.Option("--replace", help="In the place of the version that is there.")] = False,
    ) -> None:
        """Add a document: each of its operations becomes a tool."""
        from orchestrator.cli.pairs import pairs

        body: dict[str, Any] = {"server": server, "secrets": pairs(secret, "--secret petstore_auth=petstore")}
        body["replace"] = replace
        if document.startswith(("http://", "https://")):
            body["url"] = document
        else:
            body["document"] = _text(document)
        added = session.do(session.connection.ask("PUT", f"/openapi/{checked(name)}", body))
        session.terminal.result(added, None if session.terminal.json else _told(added))

    @command(group, "remove")
    def remove(session: Session, name: Name) -> None:
        """Remove a document and its tools."""
        session.do(session.connection.ask("DELETE", f"/openapi/{checked(name)}"))
        session.terminal.result({"removed": name}, f"{name} is removed.")


def checked(name: str) -> str:
    import re

    from orchestrator.kernel.errors import InvalidInput

    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", name):
        raise InvalidInput(
            f"{name!r} cannot be its name.", hint="Use up to 32 small letters, digits and -, a letter first."
        )
    return name


def _text(place: str) -> str:
    import sys
    from pathlib import Path

    from orchestrator.cli.terminal import utf8
    from orchestrator.kernel.errors import InvalidInput

    if place == "-":
        return utf8(sys.stdin.read())
    try:
        return Path(place).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{place} cannot be read: {error}.", hint="Name a file with JSON or YAML.") from error


def _told(item: Any) -> str:
    lines = [f"{item['name']}  {item['title']}", f"called at {item['server']}", ""]
    lines += [
        f"  {one['tool']}  {one['method']} {one['path']}" + ("  with a secret" if one["signed"] else "")
        for one in item["tools"]
    ]
    lines += [f"  left out: {name}: {why}" for name, why in item["problems"].items()]
    return "\n".join(lines)
