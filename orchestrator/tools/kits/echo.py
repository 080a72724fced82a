"""The echo kit: the fake of the tool seam, for tests, the tutorial and the demonstration."""

from typing import Annotated

from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples import examples


@tool(
    category="demonstration",
    examples=examples(
        en={
            "echo hello": {"text": "hello"},
            'repeat after me: "good morning"': {"text": "good morning"},
            "say it back: all is well": {"text": "all is well"},
            "echo the text one two three": {"text": "one two three"},
        },
        fr={
            "fais écho à bonjour": {"text": "bonjour"},
            "répète après moi : « bonne journée »": {"text": "bonne journée"},
            "redis ceci : tout va bien": {"text": "tout va bien"},
            "renvoie le texte un deux trois en écho": {"text": "un deux trois"},
        },
    ),
    answers={"en": "{value}", "fr": "{value}"},
)
async def echo(text: Annotated[str, "what to say back"]) -> str:
    """Say back the text, unchanged."""
    return text


tools = (echo,)
