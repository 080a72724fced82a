"""What Hugging Face says, read: the Hub, the rows of datasets, and inference."""

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

Labelled: TypeAlias = "list[LabelRow]"


class ModelRow(msgspec.Struct, frozen=True):
    id: str
    downloads: int = 0
    likes: int = 0
    pipeline_tag: str = ""
    library_name: str = ""
    lastModified: str = ""
    tags: list[str] = []
    private: bool = False
    gated: bool | str = False
    siblings: list[dict[str, Any]] = []


class DatasetRow(msgspec.Struct, frozen=True):
    id: str
    downloads: int = 0
    likes: int = 0
    lastModified: str = ""
    tags: list[str] = []
    description: str | None = None
    private: bool = False
    gated: bool | str = False


class SplitRow(msgspec.Struct, frozen=True):
    config: str
    split: str


class SplitRows(msgspec.Struct, frozen=True):
    splits: list[SplitRow]


class FeatureRow(msgspec.Struct, frozen=True):
    name: str


class ValuesRow(msgspec.Struct, frozen=True):
    row: dict[str, Any]


class FirstRows(msgspec.Struct, frozen=True):
    features: list[FeatureRow]
    rows: list[ValuesRow]


class LabelRow(msgspec.Struct, frozen=True):
    """Of a classification, or of a word that was filled in."""

    score: float
    label: str = ""
    token_str: str = ""
    word: str = ""
    entity_group: str = ""
    sequence: str = ""


class TextRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a summary, a translation, a text that goes on."""

    summary_text: str = ""
    translation_text: str = ""
    generated_text: str = ""


# What the tools say.


class Found(msgspec.Struct, frozen=True):
    id: str
    task: str
    downloads: int
    likes: int

    def __str__(self) -> str:
        return f"{self.id} {self.task} ({self.downloads} downloads, {self.likes} likes)"


class FoundModels(msgspec.Struct, frozen=True):
    models: list[Found]

    def __str__(self) -> str:
        return "\n".join(map(str, self.models)) or "Nothing found."


class FoundDatasets(msgspec.Struct, frozen=True):
    datasets: list[Found]

    def __str__(self) -> str:
        return "\n".join(map(str, self.datasets)) or "Nothing found."


class ModelCard(msgspec.Struct, frozen=True):
    id: str
    task: str
    library: str
    license: str
    downloads: int
    likes: int
    changed: str
    gated: Annotated[bool, Meta(description="its terms must be accepted on the site")]
    files: int
    card: Annotated[str, Meta(description="what its makers say of it")]

    def __str__(self) -> str:
        gated = ", gated" if self.gated else ""
        return (
            f"{self.id}: {self.task or 'no task'}, {self.library or 'no library'}, licence {self.license or 'unknown'}"
            f"{gated}, {self.downloads} downloads, {self.likes} likes, changed {self.changed}\n{self.card}"
        )


class DatasetCard(msgspec.Struct, frozen=True):
    id: str
    license: str
    downloads: int
    likes: int
    changed: str
    gated: bool
    description: str
    splits: Annotated[list[str], Meta(description="config/split")]

    def __str__(self) -> str:
        parts = ", ".join(self.splits)
        return (
            f"{self.id}: licence {self.license or 'unknown'}, {self.downloads} downloads, {self.likes} likes, changed "
            f"{self.changed}\n{self.description}\nParts: {parts or 'unknown'}"
        )


class DatasetRows(msgspec.Struct, frozen=True):
    dataset: str
    part: Annotated[str, Meta(description="config/split")]
    columns: list[str]
    rows: Annotated[list[str], Meta(description="each as JSON")]

    def __str__(self) -> str:
        return "\n".join([f"{self.dataset} {self.part}: {', '.join(self.columns)}", *self.rows])


class Scored(msgspec.Struct, frozen=True):
    label: str
    score: float


class Inferred(msgspec.Struct, frozen=True):
    model: str
    text: Annotated[str, Meta(description="what it wrote")]
    labels: Annotated[list[Scored], Meta(description="what it thinks it is, likeliest first")]
    numbers: Annotated[int, Meta(description="of a vector: how many it has")]
    data: Annotated[str, Meta(description="its answer as JSON, where it is of another kind")]

    def __str__(self) -> str:
        labels = "\n".join(f"{one.label}: {one.score:.3f}" for one in self.labels)
        vector = f"a vector of {self.numbers} numbers" if self.numbers else ""
        return "\n".join(filter(None, [self.text, labels, vector, self.data])) or "Nothing."


def license_of(tags: list[str]) -> str:
    return next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), "")


def inferred(model: str, raw: msgspec.Raw) -> Inferred:
    """Each task answers in a shape of its own: labels (also in a list of lists), texts, or numbers."""
    for kind in (list[LabelRow], list[list[LabelRow]]):
        if (found := _as(raw, kind)) is not None:
            rows: list[LabelRow] = found[0] if found and isinstance(found[0], list) else found
            labels = [Scored(r.label or r.token_str or _entity(r), round(r.score, 4)) for r in rows]
            return Inferred(model, "", labels, 0, "")
    for shape in (list[TextRow], TextRow):
        if (texts := _as(raw, shape)) is not None:
            first: TextRow = texts[0] if isinstance(texts, list) else texts
            text = first.summary_text or first.translation_text or first.generated_text
            return Inferred(model, text, [], 0, "")
    if (vector := _as(raw, list[float])) is not None:
        return Inferred(model, "", [], len(vector), "")
    return Inferred(model, "", [], 0, bytes(raw).decode("utf-8", "replace")[:20_000])


def _entity(row: LabelRow) -> str:
    return f"{row.word} ({row.entity_group})" if row.entity_group else row.word or row.sequence


def _as(raw: msgspec.Raw, kind: Any) -> Any:
    try:
        found = msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return None
    return found if found != [] else None
