"""Two runs side by side, as a table."""

from orchestrator.cli.terminal import Terminal
from orchestrator.cli.visible import exact
from orchestrator.kernel.messages import Json

_MARKS = {"same": ("=", "dim"), "changed": ("≠", "yellow"), "left": ("<", "red"), "right": (">", "green")}
_FIGURES = (
    ("run", "run_id"), ("status", "status"), ("model", "model"), ("steps", "steps"), ("calls", "calls"),
    ("from a recording", "taken"), ("input tokens", "input_tokens"), ("output tokens", "output_tokens"),
    ("cost, $", "cost"), ("seconds at work", "seconds"),
)  # fmt: skip
_LONGEST = 600  # characters of one cell


def shown(terminal: Terminal, found: Json, *, every: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    left, right = found["left"], found["right"]
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    for column in ("", "left", "right"):
        table.add_column(column, overflow="fold")
    for name, field in _FIGURES:
        table.add_row(name, Text(_figure(left[field])), Text(_figure(right[field])))
    rows = [row for row in found["rows"] if every or row["mark"] != "same"]
    steps = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("", "what", left["run_id"], right["run_id"]):
        steps.add_column(column, overflow="fold")
    for row in rows:
        mark, style = _MARKS[row["mark"]]
        one = row["left"] or row["right"]
        what = f"{one['kind']} {one['step']}" if one["step"] else one["kind"]
        steps.add_row(Text(mark, style), what, _cell(row["left"], style), _cell(row["right"], style))
    console = terminal.console() if terminal.rich else Console(width=120, highlight=False, no_color=True)
    console.print(table)
    if rows:
        console.print(steps)
    else:
        console.print("Every step is the same.")


def _cell(item: Json | None, style: str) -> "Json":
    from rich.text import Text

    if item is None:
        return ""
    lines = [item["said"] or item["title"]]
    if item["kind"] == "call":
        lines = [item["title"], f"{item['outcome']}: {item['said']}"]
    elif item["kind"] in ("approval", "end"):
        lines = [item["outcome"] or item["title"], item["said"]]
    lines = [line for line in lines if line]
    if item["source"] != "made":
        lines.append(f"({item['source']})")
    text = exact("\n".join(lines))
    return Text(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", "" if style == "dim" else style)


def _figure(value: Json) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
