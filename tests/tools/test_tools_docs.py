"""The example of docs/tools.md is a tool that keeps the contract."""

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
