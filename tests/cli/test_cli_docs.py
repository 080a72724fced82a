"""docs/cli.md says what `--help` says, and what other pages call exists."""

import re
from pathlib import Path
from typing import Any

import pytest
from commanding import tree

from scripts.cli_docs import TARGET, page

ROOT = TARGET.parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")} - {TARGET, ROOT / "CHANGELOG.md"})


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    assert TARGET.read_text("utf-8") == page(), "python -m scripts.cli_docs"


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_the_commands_of_a_page_exist(file: Path) -> None:
    for called in re.findall(r"(?:^|`|\./run |bin/)orchestrator ([a-z][^`\n]*)", file.read_text("utf-8"), re.MULTILINE):
        command: Any = tree()
        words = re.sub(r"#.*|['\"].*?['\"]", "", called).split()
        while hasattr(command, "commands") and words and words[0].islower():
            assert words[0] in command.commands, called
            command = command.commands[words.pop(0)]
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        given = [word for word in words[: words.index("--") if "--" in words else None] if re.match("--[a-z]", word)]
        assert {option.partition("=")[0] for option in given} <= known, called
