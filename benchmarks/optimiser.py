"""Tokens saved and facts kept on transcripts of agents at work. `python -m benchmarks.optimiser`.

SIMULATED transcripts (benchmarks/transcripts, seeds 4 and on), none of which repeats more than a fifth of itself, with
1,000 or so planted statements that have look-alikes. Baseline in the same run: what removing white space alone saves,
and a plain de-duplicator that drops any line whose words were seen before, numbers aside, as simple optimisers do.
"""

import re
import statistics
import time
from collections import Counter
from typing import Any

from benchmarks.report import median, write
from benchmarks.transcripts import build
from benchmarks.transcripts.build import Transcript
from orchestrator.kernel.messages import Message, Text, ToolResult
from orchestrator.llm.optimiser.encode import canonical
from orchestrator.llm.optimiser.prompt import optimize_message_history, optimize_prompt, restore_history
from orchestrator.llm.optimiser.texts import Voice, rewritten
from orchestrator.llm.optimiser.tokens import count

MODES = ("minimal", "balanced", "aggressive")
SIZE = 20_000  # characters of the text that is timed
ROUNDS = 15


def main() -> None:
    corpus = build.make()
    repeats = [build.repeated(one.messages) for one in corpus]
    figures: dict[str, Any] = {
        "transcripts, English and French": len(corpus),
        "tokens, as estimated": sum(_tokens(one.messages) for one in corpus),
        "planted statements": sum(len(one.planted) for one in corpus),
        "repeated in a transcript at most": round(max(repeats), 3),
        "repeated on average": round(statistics.mean(repeats), 3),
    }
    for mode in MODES:
        figures |= _mode(corpus, mode)
    figures |= _baselines(corpus)
    figures |= _timing(corpus)
    write("optimiser", "python -m benchmarks.optimiser", figures)


def _mode(corpus: list[Transcript], mode: str) -> dict[str, Any]:
    before, after, kept, restored = Counter[str](), Counter[str](), 0, 0
    rules = Counter[str]()
    for one in corpus:
        made, metrics = optimize_message_history(one.messages, mode)
        before[one.name] += metrics.tokens_before
        after[one.name] += metrics.tokens_after
        rules.update(metrics.by_rule)
        kept += len(build.kept(one.planted, made))
        back = restore_history(made)
        restored += all(canonical(build.text(a)) == build.text(b) for a, b in zip(one.messages, back, strict=True))
    planted = sum(len(one.planted) for one in corpus)
    figures: dict[str, Any] = {
        f"{mode}: saved": _share(before.total(), after.total()),
        f"{mode}: planted statements kept word for word": f"{kept} of {planted}",
    }
    if mode == "minimal":
        figures[f"{mode}: transcripts that can be restored"] = f"{restored} of {len(corpus)}"
    figures |= {f"{mode}: saved, {name}": _share(before[name], after[name]) for name in before}
    figures[f"{mode}: by rule"] = {rule: _share(before.total(), before.total() - n) for rule, n in rules.most_common()}
    return figures


def _share(before: int, after: int) -> str:
    return f"{1 - after / before:.1%}"


def _tokens(messages: tuple[Message, ...]) -> int:
    return sum(count(build.text(message)) for message in messages)


def _baselines(corpus: list[Transcript]) -> dict[str, Any]:
    """What others do: squeeze white space; drop what looks like something seen before."""
    before = sum(_tokens(one.messages) for one in corpus)
    planted = sum(len(one.planted) for one in corpus)
    squeezed = dropped = kept = 0
    for one in corpus:
        squeezed += sum(count(" ".join(build.text(message).split())) for message in one.messages)
        seen: set[str] = set()

        def change(text: str, _: Voice, seen: set[str] = seen) -> str:
            return _without_alike(text, seen)

        made = tuple([rewritten(message, change) for message in one.messages])
        dropped += _tokens(made)
        kept += len(build.kept(one.planted, made))
    return {
        "baseline, white space squeezed: saved": _share(before, squeezed),
        "baseline, look-alike sentences dropped: saved": _share(before, dropped),
        "baseline, look-alike sentences dropped: planted statements kept": f"{kept} of {planted}",
    }


def _without_alike(text: str, seen: set[str]) -> str:
    kept = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n", text):
        shape = re.sub(r"\d+", "0", sentence.lower()).strip()
        if shape not in seen:
            kept.append(sentence)
        seen.add(shape)
    return "\n".join(kept)


def _timing(corpus: list[Transcript]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for mode in MODES:
        worst, name = 0.0, ""
        for scene in build.SCENES:
            text = "\n".join(_results(one) for one in corpus if one.name == scene)[:SIZE]
            spent = median([_milliseconds(text, mode) for _ in range(ROUNDS)])
            if spent > worst:
                worst, name = spent, scene
        figures[f"{mode}: ms of processor for 20 KB, slowest scene ({name})"] = round(worst, 2)
    return figures


def _results(one: Transcript) -> str:
    return "\n".join(
        part.content if isinstance(part, ToolResult) else part.text
        for message in one.messages
        for part in message.parts
        if isinstance(part, ToolResult | Text)
    )


def _milliseconds(text: str, mode: str) -> float:
    began = time.process_time()
    optimize_prompt(text, mode)
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
