"""Invented tools that the embedded model has never seen, and how to talk with it in tests."""

from typing import Any

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import Arguments, Example, Language, Message, ToolCall, ToolResult, ToolSpec
from orchestrator.kernel.messages import user as said
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.embedded import Embedded

TEXT: dict[str, Any] = {"type": "string"}


def schema(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def example(language: Language, text: str, /, **arguments: Any) -> Example:
    return Example(language, text, arguments)


LAMP = ToolSpec(
    "set_lamp",
    "Set the colour of the light of a room.",
    schema(
        ("room", "colour"),
        room={"enum": ["kitchen", "bedroom", "office"]},
        colour={"enum": ["red", "green", "blue", "white"]},
    ),
    scope="execute",
    effects="idempotent",
    examples=(
        example("en", "set the kitchen light to blue", room="kitchen", colour="blue"),
        example("en", "turn the bedroom lamp red", room="bedroom", colour="red"),
        example("en", "make the office lamp green", room="office", colour="green"),
        example("fr", "mets la lampe de la cuisine en vert", room="kitchen", colour="green"),
        example("fr", "passe la lumière du bureau en blanc", room="office", colour="white"),
        example("fr", "allume la chambre en rouge", room="bedroom", colour="red"),
    ),
)
INVOICE = ToolSpec(
    "send_invoice",
    "Send an invoice to a customer by e-mail.",
    schema(("email", "amount"), email={"type": "string", "format": "email"}, amount={"type": "number"}, note=TEXT),
    scope="execute",
    effects="once",
    examples=(
        example("en", "send an invoice of 120 euros to ada@example.com", email="ada@example.com", amount=120),
        example("en", 'bill bob@example.org 75.5 for "repairs"', email="bob@example.org", amount=75.5, note="repairs"),
        example("fr", "envoie une facture de 300 euros à eve@example.net", email="eve@example.net", amount=300),
        example(
            "fr", "facture 90 € à zo@example.fr pour « conseil »", email="zo@example.fr", amount=90, note="conseil"
        ),
    ),
)
REMINDER = ToolSpec(
    "create_reminder",
    "Remember something for the user and say it at a time.",
    schema(("text", "at"), text=TEXT, at={"type": "string", "format": "date-time"}),
    scope="write",
    effects="once",
    examples=(
        example("en", "remind me to call Bob tomorrow at 9am", text="call Bob", at="2023-11-15T09:00"),
        example("en", "remind me to take my medicine at 8pm", text="take my medicine", at="2023-11-15T20:00"),
        example("fr", "rappelle-moi demain à 14h d'aller à la banque", text="aller à la banque", at="2023-11-15T14:00"),
        example("en", "set a reminder at 18:30: water the plants", text="water the plants", at="2023-11-15T18:30"),
        example("fr", "rappelle-moi de payer le loyer vendredi à 10h", text="payer le loyer", at="2023-11-17T10:00"),
        example("fr", "crée un rappel demain à 8h : nourrir le chat", text="nourrir le chat", at="2023-11-15T08:00"),
    ),
)
TRANSLATE = ToolSpec(
    "translate_text",
    "Translate a text into a language.",
    schema(("text", "language"), text=TEXT, language={"enum": ["english", "french", "spanish", "german"]}),
    examples=(
        example("en", 'translate "good morning" into spanish', text="good morning", language="spanish"),
        example("fr", "traduis « bonjour » en allemand", text="bonjour", language="german"),
        example("en", "translate 'cat' to german", text="cat", language="german"),
    ),
)
INVENTED = (LAMP, INVOICE, REMINDER, TRANSLATE)


def embedded() -> Embedded:
    return Embedded("embedded", Provider("embedded"), ManualClock())


class Talk:
    """A conversation: what the person says, and what the tools are made to answer."""

    def __init__(self, tools: tuple[ToolSpec, ...], model: Embedded | None = None) -> None:
        self.tools = tools
        self.model = model or embedded()
        self.messages: list[Message] = []

    def say(self, text: str) -> Reply:
        self.messages.append(said(text))
        return self._reply()

    def returns(self, *results: Any) -> Reply:
        """Answer the calls of the last reply, in order: data, or (outcome, content), or with data besides."""
        calls = self.messages[-1].calls
        assert len(calls) == len(results), calls
        self.messages.append(Message("tool", tuple(_result(*pair) for pair in zip(calls, results, strict=True))))
        return self._reply()

    def _reply(self) -> Reply:
        reply = self.model.reply(Request("", tuple(self.messages), self.tools))
        self.messages.append(reply.message)
        return reply


def _result(call: ToolCall, result: Any) -> ToolResult:
    if isinstance(result, tuple):
        outcome, content, *data = result
        return ToolResult(call.id, call.name, content, outcome, *data)
    return ToolResult(call.id, call.name, str(result), data=result)


def called(reply: Reply) -> list[tuple[str, Arguments]]:
    return [(call.name, call.arguments) for call in reply.message.calls]
