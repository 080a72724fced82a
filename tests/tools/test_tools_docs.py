"""The example of docs/tools.md is a tool that keeps the contract."""

import json
import re
from pathlib import Path
from typing import ClassVar

import pytest
from contracts.tool import ToolContract

from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Tool
from orchestrator.tools.catalogue import Catalogue

PAGE = Path(__file__).parents[2] / "docs" / "tools.md"


class TestTheExampleOfTheDocs(ToolContract):
    arguments: ClassVar[Arguments] = {"faces": 20}

    @pytest.fixture
    def tool(self) -> Tool:
        code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
        names: dict[str, tuple[Tool, ...]] = {}
        exec(compile(code, "docs/tools.md", "exec"), names)
        return names["tools"][0]


def test_every_tool_is_on_a_page(catalogue: Catalogue) -> None:
    pages = [PAGE, *(PAGE.parent / "kits").glob("*.md")]
    page = "\n".join(each.read_text("utf-8") for each in pages)
    for spec in catalogue.specs():
        assert f"`{spec.name}`" in page
        for name in spec.parameters["properties"]:
            assert f"`{name}" in page, f"{spec.name}: {name}"


def test_every_tool_has_a_french_name_on_its_card(catalogue: Catalogue) -> None:
    words = Path(__file__).parents[2] / "web" / "src" / "locales"
    named = json.loads((words / "tools.fr.json").read_text("utf-8"))
    named |= json.loads((words / "fr.json").read_text("utf-8"))["tool"]["names"]
    ours = {spec.name for spec in catalogue.specs()} - {"echo"}  # that is of the tests
    assert ours <= named.keys()
