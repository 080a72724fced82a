"""What people say when they want a tool, in French and English, and the arguments they mean."""

from collections.abc import Mapping

from orchestrator.kernel.messages import Arguments, Example


def examples(*, en: Mapping[str, Arguments], fr: Mapping[str, Arguments]) -> tuple[Example, ...]:
    english = [Example("en", text, arguments) for text, arguments in en.items()]
    return (*english, *(Example("fr", text, arguments) for text, arguments in fr.items()))
