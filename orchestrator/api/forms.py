"""The forms of requests about runs and conversations. What comes in is strict: no coercion, no unknown field."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from orchestrator.kernel.events import Answer
from orchestrator.kernel.messages import Image

Said = Annotated[str, Field(min_length=1, max_length=200_000, pattern=r"\S")]
Title = Annotated[str, Field(max_length=200)]
Identifier = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_:.-]+$")]
Base64 = Annotated[
    str, Field(min_length=4, pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")
]


Channel = Literal["api", "web", "cli"]  # by what door a goal came


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)  # to JSON, 5.0 is an integer; it stands last, so that bounds stay in the schema


class Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class ImageForm(Form):
    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: Base64

    def image(self) -> Image:
        return Image(self.media_type, self.data)


class LimitsForm(Form):
    """Limits of one run; what is left out stays as it is. 0 dollars or tokens: no limit."""

    steps: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    seconds: Annotated[float, Field(gt=0, le=86_400 * 7)] | None = None
    cost: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    tokens: Annotated[int, Field(ge=0, lt=2**53), WHOLE] | None = None


class QuotedForm(Form):
    """Words of somebody else that go with what is said: an agent reads them, and does nothing on their account."""

    text: Annotated[str, Field(min_length=1, max_length=200_000)]


class Asking(Form):
    conversation_id: Identifier | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    images: Annotated[list[ImageForm], Field(max_length=16)] = []
    approvals: Literal["ask", "refuse"] = "ask"
    channel: Channel = "api"
    limits: LimitsForm | None = None
    quoted: Annotated[list[QuotedForm], Field(max_length=8)] = []


class ChatForm(Asking):
    message: Said


class RunForm(Asking):
    goal: Said


class AnswerForm(Form):
    answer: Answer
    note: Annotated[str, Field(max_length=2000)] = ""
    content: dict[str, Any] = {}  # what a question's form is filled in with


Note = Annotated[str, Field(max_length=2000)]


class SayForm(Form):
    """queue: answered after what is under way. steer: read at the next step. interrupt: stops what is under way."""

    message: Said
    urgency: Literal["queue", "steer", "interrupt"] = "queue"
    images: Annotated[list[ImageForm], Field(max_length=16)] = []
    quoted: Annotated[list[QuotedForm], Field(max_length=8)] = []
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None  # of a queued one
    channel: Channel = "api"


class EditForm(Form):
    arguments: dict[str, Any]
    note: Note = ""


class PassageForm(Form):
    """What was withheld of the result of a call; always: whatever the same source says from now on."""

    call_id: Identifier
    always: bool = False


class NoteForm(Form):
    note: Note = ""


class SetForm(Form):
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    limits: LimitsForm | None = None


class TitleForm(Form):
    title: Annotated[Title, Field(min_length=1, pattern=r"\S")]


class ConversationForm(Form):
    title: Title = ""


class CallForm(Form):
    arguments: dict[str, Any] = {}
    approvals: Literal["ask", "refuse"] = "ask"
    channel: Channel = "api"
    wait: bool = True  # until it has ended or asks a person; else the answer is the run as it begins
