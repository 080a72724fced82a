"""`optimize_prompt` and `optimize_message_history`: a text, or a conversation, and what it saved."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from orchestrator.kernel.errors import InvalidInput
from orchestrator.llm.optimiser.encode import ANY_MARK, restore
from orchestrator.llm.optimiser.metrics import REFERENCE, Metrics, Tariff, money, shared_out
from orchestrator.llm.optimiser.reducer import MODES, Mode, TokenReducer
from orchestrator.llm.optimiser.repeats import Memory
from orchestrator.llm.optimiser.texts import M, Voice, rewritten, role_of
from orchestrator.llm.optimiser.tokens import count


class PromptOptimizer:
    """Optimises in one mode, and prices what it saved by one model."""

    def __init__(
        self,
        mode: str = "balanced",
        *,
        tariff: Tariff = REFERENCE,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        if mode not in MODES:
            raise InvalidInput(f"There is no mode {mode!r}.", hint=f"Modes: {', '.join(MODES)}.")
        self.mode: Mode = mode
        self._tariff = tariff
        self._timer = timer

    def optimize(self, prompt: str) -> tuple[str, Metrics]:
        """The prompt, shorter; itself where nothing can be saved."""
        began = self._timer()
        made, saved = TokenReducer(self.mode).reduce(prompt, "prompt")
        before, after = count(prompt), count(made)
        if after >= before or (ANY_MARK.search(prompt) and self._is_ours(prompt)):
            made, after, saved = prompt, before, Counter()
        return made, self._metrics(before, after, 0, 0, saved, began)

    def _is_ours(self, prompt: str) -> bool:
        """Is it already what we make of what it stands for?"""
        made, _ = TokenReducer(self.mode).reduce(restore(prompt), "prompt")
        return made == prompt

    def optimize_history(self, messages: Sequence[M]) -> tuple[list[M], Metrics]:
        """The conversation, shorter. That of a longer one begins with exactly this one."""
        began = self._timer()
        reducer = TokenReducer(self.mode)
        saved: Counter[str] = Counter()
        made: list[M] = []
        sizes: list[tuple[int, int]] = []
        for message in messages:
            new, before, after, rules = reduced(reducer, message)
            made.append(new)
            sizes.append((before, after))
            saved += rules
        known = _known(messages)
        old_before, old_after = (sum(column) for column in zip(*sizes[:known], strict=True)) if known else (0, 0)
        before, after = (sum(column) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
        return made, self._metrics(before, after, old_before, old_after, saved, began)

    def _metrics(
        self, before: int, after: int, old_before: int, old_after: int, saved: Counter[str], began: float
    ) -> Metrics:
        old = old_before - old_after
        return Metrics(
            mode=self.mode,
            tokens_before=before,
            tokens_after=after,
            seconds=self._timer() - began,
            by_rule=shared_out(before - after, saved),
            money_saved=money(before - after - old, old, self._tariff),
            priced_as=self._tariff.model,
            cached_tokens=old_after,
        )


def optimize_prompt(text: str, mode: str = "balanced") -> tuple[str, Metrics]:
    return PromptOptimizer(mode).optimize(text)


def optimize_message_history(messages: Sequence[M], mode: str = "balanced") -> tuple[list[M], Metrics]:
    """Messages of ours, or dictionaries as the wires have them; what comes back is of the same kind."""
    return PromptOptimizer(mode).optimize_history(messages)


def restore_history(messages: Sequence[M]) -> list[M]:
    """The messages that an optimised history stands for, JSON in one form."""
    memory = Memory()

    def change(text: str, voice: Voice) -> str:
        if voice != "instructions":
            return restore(text, memory)
        for line in text.split("\n"):
            memory.add(line)
        return text

    return [rewritten(message, change) for message in messages]


def _known(messages: Sequence[M]) -> int:
    """How many messages the provider has read before: those up to the last reply."""
    return max((index for index, message in enumerate(messages) if role_of(message) == "assistant"), default=0)


def reduced(reducer: TokenReducer, message: M) -> tuple[M, int, int, Counter[str]]:
    """The message, shorter; its tokens before and after; the characters each rule saved."""
    saved: Counter[str] = Counter()
    sizes = [0, 0]

    def change(text: str, voice: Voice) -> str:
        made, rules = reducer.reduce(text, voice)
        saved.update(rules)
        before = count(text)
        sizes[0] += before
        sizes[1] += count(made) if made != text else before
        return made

    return rewritten(message, change), sizes[0], sizes[1], saved
