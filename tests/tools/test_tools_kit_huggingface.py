"""The huggingface kit against a server that speaks the documented wires of the Hub, its viewer and its inference."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from contracts.tool import ToolContract, context_of
from servers.rest import Service, serving

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.outside import HuggingFace, Services
from orchestrator.kernel.settings import Secret, Tools
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits import huggingface
from orchestrator.tools.sandbox.probe import choose

MODEL = {
    "id": "acme/tiny-bert",
    "downloads": 70,
    "likes": 3,
    "pipeline_tag": "text-classification",
    "library_name": "transformers",
    "lastModified": "2024-05-01T00:00:00.000Z",
    "tags": ["bert", "license:mit"],
    "gated": "auto",
    "siblings": [{"rfilename": "README.md"}, {"rfilename": "model.safetensors"}],
}
DATASET = {"id": "acme/reviews", "downloads": 5, "likes": 1, "tags": ["license:cc0-1.0"], "description": "\tReviews.\n"}
ANSWERS: dict[str, Any] = {
    "GET /api/models": [MODEL],
    "GET /api/models/acme/tiny-bert": MODEL,
    "GET /acme/tiny-bert/raw/main/README.md": "---\nlicense: mit\n---\n\n# Tiny\nIt is small.",
    "GET /api/datasets": [DATASET],
    "GET /api/datasets/acme/reviews": DATASET,
    "GET /splits": {"splits": [{"dataset": "acme/reviews", "config": "default", "split": "train"}]},
    "GET /first-rows": {
        "features": [{"feature_idx": 0, "name": "text", "type": {}}],
        "rows": [{"row_idx": n, "row": {"text": f"row {n}"}} for n in range(3)],
    },
    "POST /hf-inference/models/acme/tiny-bert": [[{"label": "POSITIVE", "score": 0.98765}]],
}


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving(ANSWERS) as found:
        yield found


@pytest.fixture
async def kit(service: Service) -> dict[str, Tool]:
    there = HuggingFace(url=service.url, inference=service.url, datasets=service.url)
    settings = Tools(services=Services(huggingface=there))
    return {tool.spec.name: tool for tool in huggingface.kit(Equipment(settings, await choose(settings)))}


async def token(name: str, *, host: str = "") -> Secret:
    assert (name, host) == ("huggingface", "127.0.0.1")
    return Secret("hf_token")


@pytest.fixture
def context(workspace: Path) -> Context:
    return msgspec.structs.replace(context_of(workspace), secret=token)


class Kit(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {"dataset": "acme/reviews"}

    @pytest.fixture
    def tool(self, kit: dict[str, Tool]) -> Tool:
        return kit[self.name]

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return msgspec.structs.replace(context_of(workspace), secret=token)


class TestModels(Kit):
    name, arguments = "huggingface_models", {"search": "bert"}


class TestModel(Kit):
    name, arguments = "huggingface_model", {"model": "acme/tiny-bert"}


class TestDatasets(Kit):
    name, arguments = "huggingface_datasets", {"search": "reviews"}


class TestDataset(Kit):
    name = "huggingface_dataset"


class TestRows(Kit):
    name = "huggingface_rows"


RUN = {"model": "acme/tiny-bert", "text": "I love it"}


class TestRun(Kit):
    name, arguments = "huggingface_run", RUN


async def test_a_card_is_what_its_makers_say(kit: dict[str, Tool], context: Context, service: Service) -> None:
    found = (await kit["huggingface_model"].call({"model": "acme/tiny-bert"}, context)).data
    assert (found["license"], found["gated"], found["files"]) == ("mit", True, 2)
    assert found["card"] == "# Tiny\nIt is small."
    del service.answers["GET /acme/tiny-bert/raw/main/README.md"]
    assert (await kit["huggingface_model"].call({"model": "acme/tiny-bert"}, context)).data["card"] == ""


async def test_the_first_rows_of_the_part_that_was_asked_for(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    found = await kit["huggingface_rows"].call(
        {"dataset": "acme/reviews", "part": "en/small/test", "limit": 2}, context
    )
    assert found.data["rows"] == ['{"text":"row 0"}', '{"text":"row 1"}']
    assert service.asked[0].query == {"dataset": "acme/reviews", "config": "en/small", "split": "test"}
    service.answers["GET /splits"] = {"splits": []}
    with pytest.raises(ToolRetry, match="no part"):
        await kit["huggingface_rows"].call({"dataset": "acme/reviews"}, context)


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        ([[{"label": "POSITIVE", "score": 0.98765}]], "POSITIVE: 0.988"),
        ([{"token_str": "blue", "score": 0.5, "sequence": "the sea is blue"}], "blue: 0.500"),
        ([{"entity_group": "PER", "word": "Ada", "score": 1.0}], "Ada (PER): 1.000"),
        ([{"summary_text": "Short."}], "Short."),
        ({"translation_text": "Bonjour."}, "Bonjour."),
        ([{"generated_text": "Once upon"}], "Once upon"),
        ([0.25, 0.5, -1], "a vector of 3 numbers"),
        ({"answer": "42", "score": 0.7}, '{"answer":"42","score":0.7}'),
        ([], "[]"),
    ],
)
async def test_each_task_answers_in_its_own_shape(
    kit: dict[str, Tool], context: Context, service: Service, answer: Any, content: str
) -> None:
    service.answers["POST /hf-inference/models/acme/tiny-bert"] = answer
    found = await kit["huggingface_run"].call(RUN, context)
    assert found.content == content
    assert service.asked[0].body == {"inputs": "I love it"}


async def test_inference_takes_a_token_and_looking_does_not(
    kit: dict[str, Tool], workspace: Path, service: Service
) -> None:
    context = context_of(workspace)
    await kit["huggingface_models"].call({}, context)
    assert "Authorization" not in service.asked[0].headers
    with pytest.raises(ToolFailed, match="takes a token"):
        await kit["huggingface_run"].call(RUN, context)
    assert len(service.asked) == 1


async def test_a_model_that_is_being_loaded_is_a_failure_that_says_so(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    said = {"error": "Model acme/tiny-bert is currently loading", "estimated_time": 20.0}
    service.answers["POST /hf-inference/models/acme/tiny-bert"] = 503, said
    with pytest.raises(ToolFailed, match="currently loading"):
        await kit["huggingface_run"].call(RUN, context)
