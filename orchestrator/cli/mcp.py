"""`orchestrator tools mcp`: servers of tools of other people's."""

from typing import Annotated, Any

import typer

from orchestrator.cli.command import Session, command
from orchestrator.cli.openapi import checked
from orchestrator.cli.visible import exact

Name = Annotated[str, typer.Argument(help="What it is called here; its tools are called NAME_….")]


def add_to(tools: typer.Typer) -> None:
    group = typer.Typer(
        help="Servers of tools that speak the Model Context Protocol: add, look at, approve.", no_args_is_help=True
    )
    tools.add_typer(group, name="mcp")
    _looking(group)
    _adding(group)
    _signing_in(group)
    _agreeing(group)


def _looking(group: typer.Typer) -> None:
    @command(group, "list")
    def list_servers(session: Session) -> None:
        """The MCP servers there are."""
        found = session.do(session.connection.ask("GET", "/mcp"))
        rows = [{**item, "state": _state(item), "tools": _counted(item)} for item in found["items"]]
        session.terminal.table(found, rows, ("name", "transport", "state", "tools", "place"), "There are none.")

    @command(group, "show")
    def show(session: Session, name: Name) -> None:
        """What a server says of its tools, and which of them agents may be offered."""
        found = session.do(session.connection.ask("GET", f"/mcp/{checked(name)}"))
        session.terminal.result(found, None if session.terminal.json else _told(found))

    @command(group, "prompt")
    def prompt(
        session: Session,
        name: Name,
        prompt: Annotated[str, typer.Argument(help="As `show` lists it.")],
        given: Annotated[list[str] | None, typer.Argument(help="What stands in its blanks: NAME=VALUE.")] = None,
        run: Annotated[bool, typer.Option("--run", help="Say it to an agent, as the server's words.")] = False,
        goal: Annotated[str, typer.Option(help="Your own words before it, with --run.")] = "",
    ) -> int:
        """Show what a prompt of a server says, or run it."""
        return _prompted(session, name, prompt, given, run, goal)


def _adding(group: typer.Typer) -> None:
    @command(group, "add")
    def add(
        session: Session,
        name: Name,
        program: Annotated[list[str] | None, typer.Argument(help="The program and its arguments, after --.")] = None,
        at: Annotated[str, typer.Option(help="The address of a server, instead of a program.")] = "",
        header: Annotated[
            list[str] | None, typer.Option(help="Sent with every request: NAME=VALUE. May be repeated.")
        ] = None,
        client_id: Annotated[
            str, typer.Option(help="As what this installation was registered, where somebody signs in.")
        ] = "",
        client_secret: Annotated[str, typer.Option(help="That goes with it: {{secret:NAME}}.")] = "",
        env: Annotated[
            list[str] | None, typer.Option(help="NAME=VALUE, or NAME={{secret:…}}. May be repeated.")
        ] = None,
        read: Annotated[list[str] | None, typer.Option(help="A file or folder it may read. May be repeated.")] = None,
        inside: Annotated[bool, typer.Option("--in-workspace", help="It works in the agents' workspace.")] = False,
        network: Annotated[bool, typer.Option("--network", help="It reaches what this machine reaches.")] = False,
        trust: Annotated[bool, typer.Option("--trust", help="Believe what it says of its tools.")] = False,
        seconds: Annotated[float, typer.Option(help="That a call may take.")] = 60.0,
    ) -> None:
        """Add a server, and offer its tools to agents as they are now."""
        from orchestrator.cli.pairs import pairs

        body: dict[str, Any] = {
            "command": program or [],
            "url": at,
            "client_id": client_id,
            "client_secret": client_secret,
            "headers": pairs(header, "--header Authorization=…"),
            "environment": pairs(env, "--env TOKEN={{secret:github}}"),
            "readable": read or [],
            "workspace": inside,
            "network": network,
            "trusted": trust,
            "seconds": seconds,
        }
        added = session.do(session.connection.ask("PUT", f"/mcp/{checked(name)}", body))
        session.terminal.result(added, None if session.terminal.json else _told(added))


def _signing_in(group: typer.Typer) -> None:
    @command(group, "login")
    def login(
        session: Session,
        name: Name,
        back: Annotated[str, typer.Option(help="The address at which the browser ended, where it found nothing.")] = "",
    ) -> None:
        """Sign in at a server: shows a link to open, and waits until you are back."""
        if not back:
            link = session.do(session.connection.ask("POST", f"/mcp/{checked(name)}/login"))["link"]
            if link:
                session.terminal.note(f"Open this link and sign in:\n{link}")
            found = session.do(_until_back(session, name))
        else:
            found = session.do(session.connection.ask("POST", f"/mcp/{checked(name)}/login/back", {"address": back}))
        session.terminal.result(found, None if session.terminal.json else _told(found))

    @command(group, "remove")
    def remove(session: Session, name: Name) -> None:
        """Remove a server and its tools."""
        session.do(session.connection.ask("DELETE", f"/mcp/{checked(name)}"))
        session.terminal.result({"removed": name}, f"{name} is removed.")

    @command(group, "test")
    def test(session: Session, name: Name) -> None:
        """Connect now, and ask what it offers."""
        found = session.do(session.connection.ask("POST", f"/mcp/{checked(name)}/test"))
        session.terminal.result(found, None if session.terminal.json else _told(found))


def _agreeing(group: typer.Typer) -> None:
    @command(group, "approve")
    def approve(
        session: Session,
        name: Name,
        tool: Annotated[list[str] | None, typer.Argument(help="Only these, as the server calls them.")] = None,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="You have looked at them.")] = False,
    ) -> int:
        """Look at what is new or changed in a server's tools and prompts, and let agents and people have them."""
        found = session.do(session.connection.ask("GET", f"/mcp/{checked(name)}"))

        def waits(one: Any) -> bool:
            return one["state"] in ("new", "changed") and (not tool or one["name"] in tool)

        waiting, prompts = list(filter(waits, found["tools"])), list(filter(waits, found["prompts"]))
        if not waiting and not prompts:
            session.terminal.result(found, "Nothing waits for approval.")
            return 0
        if not yes:
            session.terminal.note("\n".join([*map(_line, waiting), *map(_prompt, prompts)]))
            if not session.terminal.agrees(session.terminal.word("sure.offer")):
                return 1
        seen = {"tools": {one["name"]: one["digest"] for one in waiting}}
        seen["prompts"] = {one["name"]: one["digest"] for one in prompts}
        done = session.do(session.connection.ask("POST", f"/mcp/{name}/approve", seen))
        session.terminal.result(done, None if session.terminal.json else _told(done))
        return 0


async def _until_back(session: Session, name: str) -> Any:
    import asyncio

    while True:
        found = await session.connection.ask("GET", f"/mcp/{name}")
        if not found["signing_in"]:
            return found
        await asyncio.sleep(0.5)


def _state(item: Any) -> str:
    said = {"approval": "waits for approval", "idle": "not connected", "signing_in": "somebody signs in"}
    state: str = item["state"]
    return item["problem"] or "broken" if state == "broken" else said.get(state, state)


def _prompted(session: Session, name: str, prompt: str, given: list[str] | None, run: bool, goal: str) -> int:
    from orchestrator.cli.pairs import pairs
    from orchestrator.cli.runs import stay

    form = {"name": prompt, "arguments": pairs(given, "city=Nice")}
    found = session.do(session.connection.ask("POST", f"/mcp/{checked(name)}/prompts", form))
    if not run:
        session.terminal.result(found, found["text"])
        return 0
    body = {"goal": goal or f"/{name}:{prompt}", "quoted": [{"text": found["text"]}]}
    body |= {"channel": "cli", "approvals": "ask" if session.terminal.interactive else "refuse"}
    started = session.do(session.connection.ask("POST", "/runs", body))
    return stay(session, started["run_id"], yes=False)


def _counted(item: Any) -> str:
    waiting = sum(one["state"] in ("new", "changed") for one in (*item["tools"], *item["prompts"]))
    offered = sum(one["state"] == "offered" for one in item["tools"])
    return f"{offered}, {waiting} to approve" if waiting else str(offered)


def _told(item: Any) -> str:
    about = f"{item['title']}, protocol {item['protocol']}" if item["protocol"] else "never connected"
    lines = [f"{item['name']}  ({item['transport']}: {item['place']})", f"{_state(item).rstrip('.')}; {about}", ""]
    lines += [_line(one) for one in item["tools"]]
    for what in ("resources", "templates"):
        if item[what]:
            lines += ["", f"{what}:", *(_held(one) for one in item[what])]
    if item["prompts"]:
        lines += ["", "prompts:", *(_prompt(one) for one in item["prompts"])]
    return "\n".join(lines)


def _held(one: Any) -> str:
    updated = f"  changed {one['updated_at']}" if one.get("updated_at") else ""
    about = " ".join(f"{one['name']}. {one['description']}".split())[:300]
    return exact(f"  {one['uri']}  {one['media_type']}  {about}{updated}".rstrip())


def _prompt(one: Any) -> str:
    blanks = " ".join(f"{blank['name']}=…" if blank["required"] else f"[{blank['name']}=…]" for blank in one["blanks"])
    before = f"\n      before: {exact(' '.join(one['before'].split())[:2000])}" if one["before"] else ""
    said = exact(f"{one['name']} {blanks}  [{one['state']}] {' '.join(one['description'].split())[:2000]}")
    return f"  {said}{before}"


def _line(one: Any) -> str:
    said = exact(f"  {one['tool']}  [{one['state']}] {' '.join(one['description'].split())[:2000]}")
    before = f"\n      before: {exact(' '.join(one['before'].split())[:2000])}" if one["before"] else ""
    return said + before + (f"\n      {one['problem']}" if one["problem"] else "")
