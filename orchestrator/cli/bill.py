"""What an answer took: which model gave it, and why that one; what it cost, and what was saved."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal
    from orchestrator.kernel.messages import Json


class Bill:
    def __init__(self, terminal: "Terminal") -> None:
        self._terminal = terminal
        self._models: list[str] = []
        self._reason = ""
        self._tokens = 0
        self._cost = 0.0
        self._saved = 0.0
        self._remembered = False

    def add(self, replied: "Json") -> None:
        """A reply of the run, as its event says; a server of before says less."""
        if (model := replied.get("model", "")) and model not in self._models:
            self._models.append(model)
        self._reason = replied.get("reason") or self._reason
        usage, spared = replied.get("usage", {}), replied.get("spared") or {}
        self._tokens += usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
        self._cost += replied.get("cost", 0.0)
        self._saved += spared.get("cost", 0.0)
        self._remembered |= bool(spared.get("cache"))

    def say(self) -> None:
        """Under the answer; why this model, once."""
        for index, line in enumerate(self.lines()):
            (self._terminal.once if index else self._terminal.note)(line)

    def lines(self) -> list[str]:
        """None where no model was asked."""
        if not self._models:
            return []
        word = self._terminal.word
        said = [", ".join(self._models), *([word("bill.tokens", count=self._tokens)] if self._tokens else [])]
        said.append(money(self._cost) if self._cost else word("bill.unpriced" if self._tokens else "bill.free"))
        if self._saved:
            by = word("bill.cache" if self._remembered else "bill.optimiser")
            said.append(word("bill.saved", money=money(self._saved), by=by))
        return [" · ".join(said), *([word("original", text=self._reason)] if self._reason else [])]


def money(dollars: float) -> str:
    if dollars >= 1 or not dollars:
        return f"${dollars:.2f}"
    if dollars < 0.000001:
        return "< $0.000001" if dollars > 0 else f"-{money(-dollars)}"
    return f"${dollars:.4f}" if dollars >= 0.0001 else f"${dollars:.6f}"
