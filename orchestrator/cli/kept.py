"""`orchestrator runs files`: what a run kept beside its answer."""

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.kernel.messages import Json

RunId = Annotated[str, typer.Argument(help="As `runs list` shows it.")]
Folder = Annotated[Path | None, typer.Option("--save", help="Write them to this folder.", show_default=False)]


def add_to(group: typer.Typer) -> None:
    @command(group, "files")
    def files(session: Session, run_id: RunId, save: Folder = None) -> None:
        """What a run kept: charts, pictures, results too long to be shown."""
        events = session.do(session.connection.events(run_id))["items"]
        kept = [event["artifact"] for event in events if event["type"] == "tool.returned" and event.get("artifact")]
        if save is not None:
            save.mkdir(parents=True, exist_ok=True)
            for one in kept:
                one["path"] = str(_written(session, one, save))
        columns = ("name", "size", "media_type", "path" if save else "id")
        session.terminal.table({"items": kept}, kept, columns, "It kept nothing.")


def _written(session: Session, artifact: "Json", folder: Path) -> Path:
    """The new file; what is there already is left as it is."""
    wanted = folder / (Path(artifact["name"]).name or artifact["id"])
    names = (wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}") for number in count(1))
    path = next(path for path in names if not path.exists())
    path.write_bytes(session.do(session.connection.fetched(f"/artifacts/{artifact['id']}")))
    return path
