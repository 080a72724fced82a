"""Metrics: what happened, counted from the journal's events and the doors' traffic.

Labels come from small sets. Names that a model or a caller may invent (tools, models, channels)
are kept to the first hundred; the rest are counted as "other", so that nobody can fill the memory.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from orchestrator.kernel.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Event,
    ModelFailed,
    ModelReplied,
    RequestClosed,
    RunFinished,
    RunStarted,
    SignInRefused,
    ToolReturned,
)

_DISTINCT = 100
_WAITING = 1000  # measurements that wait for a reader
_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class _Names:
    """The first hundred names of a kind, as they are; then "other"."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, name: str) -> str:
        if name in self._seen:
            return name
        if len(self._seen) >= _DISTINCT:
            return "other"
        self._seen.add(name)
        return name


class _Sum:
    """What one combination of labels counts, added up here until somebody reads: events are many, readers few."""

    __slots__ = ("_counter", "_more")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._more = 0.0

    def inc(self, amount: float = 1) -> None:
        self._more += amount

    def flush(self) -> None:
        more, self._more = self._more, 0.0
        if more:
            self._counter.inc(more)


class _Times:
    """What one combination of labels measures, kept here until somebody reads."""

    __slots__ = ("_histogram", "_seen")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._seen: list[float] = []

    def observe(self, seconds: float) -> None:
        self._seen.append(seconds)
        if len(self._seen) >= _WAITING:
            self.flush()

    def flush(self) -> None:
        seen, self._seen = self._seen, []
        for seconds in seen:
            self._histogram.observe(seconds)


T = TypeVar("T", _Sum, _Times)


class _Registry(CollectorRegistry):
    def __init__(self, waiting: Sequence[_Sum | _Times]) -> None:
        super().__init__(auto_describe=False)
        self._waiting = waiting

    def collect(self) -> Iterable[Metric]:
        for one in self._waiting:
            one.flush()
        return super().collect()


class _Read(Collector):
    def __init__(self, name: str, help: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        self._about = (name, help, label)
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        name, help, label = self._about
        family = GaugeMetricFamily(name, help, labels=[label])
        for value, figure in list(self._read().items())[:_DISTINCT]:
            family.add_metric([value], figure)
        yield family


class Metrics:
    media_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._waiting: list[_Sum | _Times] = []
        self.registry = registry = _Registry(self._waiting)
        ProcessCollector(registry=registry)
        self._tool, self._model, self._channel = _Names(), _Names(), _Names()

        def counter(name: str, help: str, *labels: str) -> Callable[..., _Sum]:
            metric = Counter(f"orchestrator_{name}", help, labels, registry=registry)
            return self._kept(lambda *values: _Sum(metric.labels(*values)))

        def histogram(name: str, help: str, buckets: tuple[float, ...], *labels: str) -> Callable[..., _Times]:
            metric = Histogram(f"orchestrator_{name}", help, labels, registry=registry, buckets=buckets)
            return self._kept(lambda *values: _Times(metric.labels(*values)))

        self._events = counter("events", "Events appended to the journal.", "type")
        self._started = counter("runs_started", "Runs started.", "channel")
        self._finished = counter("runs_finished", "Runs finished.", "status")
        self._calls = counter("tool_calls", "Tool calls that have a receipt.", "tool", "outcome")
        self._call_seconds = histogram("tool_seconds", "Time a tool call took.", _LONG, "tool")
        self._replies = counter("model_calls", "Calls of a model.", "model", "outcome")
        self._reply_seconds = histogram("model_seconds", "Time a model took to reply.", _LONG, "model")
        self._tokens = counter("tokens", "Tokens read and written by models.", "model", "kind")
        self._cost = counter("cost_dollars", "What models cost, in US dollars.", "model")
        self._spared = counter("spared_tokens", "Tokens that were not sent or made again.", "model", "by")
        self._spared_cost = counter("spared_dollars", "What they would have cost, in US dollars.", "model", "by")
        self._asked = counter("approvals_asked", "Approvals asked of a person.", "kind")
        self._answered = counter("approvals_answered", "Approvals answered.", "answer")
        self._refused = Counter("orchestrator_sign_ins_refused", "Sign-ins refused.", registry=registry)
        self._requests = counter("http_requests", "HTTP requests answered.", "method", "route", "status")
        self._request_seconds = histogram("http_seconds", "Time to answer a request.", _SHORT, "route")
        streams = Gauge("orchestrator_streams", "Streams open now.", ("kind",), registry=registry)
        self._streams = cache(streams.labels)
        self._appended: dict[type, _Sum] = {}  # of these, by kind of event
        self._counts: dict[type, Callable[[Any], None]] = {
            ModelReplied: lambda body: self._replied(body) if body.source == "made" else None,  # else counted there
            RequestClosed: self._closed,
            ToolReturned: self._returned,
            RunStarted: lambda body: self._started(self._channel(body.channel)).inc(),
            RunFinished: lambda body: self._finished(body.status).inc(),
            ModelFailed: lambda body: self._replies(self._model(body.model), "failed").inc(),
            ApprovalAsked: lambda body: self._asked(body.kind).inc(),
            ApprovalAnswered: lambda body: self._answered(body.answer).inc(),
            SignInRefused: lambda body: self._refused.inc(),
        }

    def _kept(self, make: Callable[..., T]) -> Callable[..., T]:
        """One for each combination of labels, made once: it is asked for at every event."""
        children: dict[tuple[str, ...], T] = {}

        def child(*labels: str) -> T:
            found = children.get(labels)
            if found is None:
                found = children[labels] = make(*labels)
                self._waiting.append(found)
            return found

        return child

    def observe(self, event: Event) -> None:
        """Count one event of the journal, once it is durable."""
        body = event.body
        if (seen := self._appended.get(type(body))) is None:
            seen = self._appended[type(body)] = self._events(event.type)
        seen.inc()
        if (count := self._counts.get(type(body))) is not None:
            count(body)

    def _closed(self, body: RequestClosed) -> None:
        if body.outcome == "answered":
            self._replied(body)
        elif body.model:
            self._replies(self._model(body.model), body.outcome).inc()

    def _returned(self, body: ToolReturned) -> None:
        if body.source == "made":
            tool = self._tool(body.tool)
            self._calls(tool, body.outcome).inc()
            self._call_seconds(tool).observe(body.seconds)

    def _replied(self, body: ModelReplied | RequestClosed) -> None:
        model = self._model(body.model)
        self._replies(model, "ok").inc()
        self._reply_seconds(model).observe(body.seconds)
        self._tokens(model, "input").inc(body.usage.input_tokens)
        self._tokens(model, "output").inc(body.usage.output_tokens)
        self._tokens(model, "cached").inc(body.usage.cached_tokens)
        self._cost(model).inc(body.cost)
        if body.spared is not None:
            by = body.spared.cache or "optimiser"
            self._spared(model, by).inc(body.spared.tokens)
            self._spared_cost(model, by).inc(max(0.0, body.spared.cost))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one HTTP answer. `route` is the template, never the path as sent."""
        self._requests(method, route, str(status)).inc()
        self._request_seconds(route).observe(seconds)

    def stream_opened(self, kind: str) -> None:
        self._streams(kind).inc()

    def stream_closed(self, kind: str) -> None:
        self._streams(kind).dec()

    def gauges(self, name: str, help: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
        """A figure for each of some names, read when somebody asks."""
        self.registry.register(_Read(f"orchestrator_{name}", help, label, read))

    def exposition(self) -> bytes:
        """Everything, in the Prometheus text format."""
        return generate_latest(self.registry)
