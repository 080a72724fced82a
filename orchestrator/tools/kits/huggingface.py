"""The huggingface kit: models and datasets of the Hub, the first rows of a dataset, and a model asked there.

Looking needs no token for what is public. Inference is paid for by whoever has the token, and is asked each time.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolRetry
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import huggingface as said
from orchestrator.tools.rest import huggingface as hub
from orchestrator.tools.rest.client import Rest, path_of

Name = Annotated[
    str, Meta(description="owner/name, or a name alone", pattern=r"^[A-Za-z0-9_.-]{1,96}(/[A-Za-z0-9_.-]{1,96})?$")
]
Limit = Annotated[int, Meta(description="at most", ge=1, le=100)]
_CARD = 12_000  # characters of what its makers say
_MOST = {"sort": "downloads", "direction": -1}

_tool = partial(tool, category="huggingface", origin="web")


def _huggingface_models(api: Rest) -> Tool:
    @_tool(
        examples=said.HUGGINGFACE_MODELS,
        answers={
            "en": "[{*models **{id}** ({task}): {downloads} downloads*}|No such model on Hugging Face.]",
            "fr": "[{*models **{id}** ({task}) : {downloads} téléchargements*}|Aucun modèle de ce genre.]",
        },
    )
    async def huggingface_models(
        context: Context,
        search: Annotated[str | None, "words of the name"] = None,
        task: Annotated[str | None, "such as text-generation, translation, image-classification"] = None,
        limit: Limit = 10,
    ) -> hub.FoundModels:
        """Search the models on Hugging Face, most downloaded first."""
        query = {"search": search, "pipeline_tag": task, "limit": limit, **_MOST}
        rows = await api.get(context, "/api/models", list[hub.ModelRow], query)
        return hub.FoundModels([hub.Found(row.id, row.pipeline_tag, row.downloads, row.likes) for row in rows])

    return huggingface_models


def _huggingface_model(api: Rest) -> Tool:
    @_tool(
        examples=said.HUGGINGFACE_MODEL,
        answers={
            "en": "**{id}**: {task}[, {library}][, licence {license}], {downloads} downloads.\n{card}",
            "fr": "**{id}** : {task}[, {library}][, licence {license}], {downloads} téléchargements.\n{card}",
        },
    )
    async def huggingface_model(model: Name, context: Context) -> hub.ModelCard:
        """Tell what a model on Hugging Face is: task, licence, how much it is used, and its card."""
        row = await api.get(context, f"/api/models{path_of(model)}", hub.ModelRow)
        try:
            card = await api.text(context, f"{path_of(model)}/raw/main/README.md")
        except ToolRetry:  # it has none
            card = ""
        return hub.ModelCard(
            row.id,
            row.pipeline_tag,
            row.library_name,
            hub.license_of(row.tags),
            row.downloads,
            row.likes,
            row.lastModified,
            bool(row.gated),
            len(row.siblings),
            _without_matter(card)[:_CARD],
        )

    return huggingface_model


def _huggingface_datasets(api: Rest) -> Tool:
    @_tool(
        examples=said.HUGGINGFACE_DATASETS,
        answers={
            "en": "[{*datasets **{id}**: {downloads} downloads*}|No such dataset on Hugging Face.]",
            "fr": "[{*datasets **{id}** : {downloads} téléchargements*}|Aucun jeu de données de ce genre.]",
        },
    )
    async def huggingface_datasets(
        context: Context, search: Annotated[str | None, "words of the name"] = None, limit: Limit = 10
    ) -> hub.FoundDatasets:
        """Search the datasets on Hugging Face, most downloaded first."""
        query = {"search": search, "limit": limit, **_MOST}
        rows = await api.get(context, "/api/datasets", list[hub.DatasetRow], query)
        return hub.FoundDatasets([hub.Found(row.id, "", row.downloads, row.likes) for row in rows])

    return huggingface_datasets


def _huggingface_dataset(api: Rest, viewer: Rest) -> Tool:
    @_tool(
        examples=said.HUGGINGFACE_DATASET,
        answers={
            "en": "**{id}**[, licence {license}], {downloads} downloads.\n{description}[\nParts:\n{splits}]",
            "fr": "**{id}**[, licence {license}], {downloads} téléchargements.\n{description}[\nParties :\n{splits}]",
        },
    )
    async def huggingface_dataset(dataset: Name, context: Context) -> hub.DatasetCard:
        """Tell what a dataset on Hugging Face is, and which parts it has."""
        row = await api.get(context, f"/api/datasets{path_of(dataset)}", hub.DatasetRow)
        parts = await viewer.find(context, "/splits", hub.SplitRows, {"dataset": dataset})
        return hub.DatasetCard(
            row.id,
            hub.license_of(row.tags),
            row.downloads,
            row.likes,
            row.lastModified,
            bool(row.gated),
            (row.description or "").strip()[:_CARD],
            [f"{one.config}/{one.split}" for one in parts.splits] if parts else [],
        )

    return huggingface_dataset


def _huggingface_rows(viewer: Rest) -> Tool:
    @_tool(
        examples=said.HUGGINGFACE_ROWS,
        answers={
            "en": "{dataset} ({part}):\n```\n{rows}\n```",
            "fr": "{dataset} ({part}) :\n```\n{rows}\n```",
        },
    )
    async def huggingface_rows(
        dataset: Name,
        context: Context,
        part: Annotated[str | None, "config/split, as huggingface_dataset lists them; the first when not given"] = None,
        limit: Limit = 10,
    ) -> hub.DatasetRows:
        """Show the first rows of a dataset on Hugging Face."""
        if part is None:
            parts = (await viewer.get(context, "/splits", hub.SplitRows, {"dataset": dataset})).splits
            if not parts:
                raise ToolRetry(f"{dataset} has no part that can be shown.")
            part = f"{parts[0].config}/{parts[0].split}"
        config, _, split = part.rpartition("/")
        query = {"dataset": dataset, "config": config, "split": split}
        found = await viewer.get(context, "/first-rows", hub.FirstRows, query)
        rows = [msgspec.json.encode(one.row).decode()[:2000] for one in found.rows[:limit]]
        return hub.DatasetRows(dataset, part, [feature.name for feature in found.features], rows)

    return huggingface_rows


def _huggingface_run(inference: Rest) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",  # asked twice it answers twice, and costs twice
        examples=said.HUGGINGFACE_RUN,
        answers={
            "en": "{model}: [{text}][{*labels {label}: {score}*}][a vector of {numbers} numbers][{data}]",
            "fr": "{model} : [{text}][{*labels {label} : {score}*}][un vecteur de {numbers} nombres][{data}]",
        },
        timeout=60.0,
        risks=("sends", "pays"),
    )
    async def huggingface_run(
        model: Name,
        text: Annotated[str, Meta(description="what the model is given", min_length=1, max_length=100_000)],
        context: Context,
    ) -> hub.Inferred:
        """Run a model on Hugging Face's inference: classify, fill in, translate, summarise, embed a text."""
        path = f"/hf-inference/models{path_of(model)}"
        return hub.inferred(model, await inference.send(context, "POST", path, {"inputs": text}, msgspec.Raw))

    return huggingface_run


def _without_matter(card: str) -> str:
    """A card without the facts at its head, which are said already."""
    if card.startswith("---\n") and "\n---" in card[4:]:
        return card[4:].partition("\n---")[2].lstrip("-").strip()
    return card.strip()


def kit(equipment: Equipment) -> Sequence[Tool]:
    service = equipment.settings.services.huggingface
    api = Rest("Hugging Face", service.url, service.secret)
    viewer = Rest("The dataset viewer of Hugging Face", service.datasets, service.secret)
    inference = Rest("The inference of Hugging Face", service.inference, service.secret, public=False)
    return (
        _huggingface_models(api),
        _huggingface_model(api),
        _huggingface_datasets(api),
        _huggingface_dataset(api, viewer),
        _huggingface_rows(viewer),
        _huggingface_run(inference),
    )
