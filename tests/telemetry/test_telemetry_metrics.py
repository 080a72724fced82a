"""Metrics count what the journal says, and nobody can make them grow without bound."""

from prometheus_client.parser import text_string_to_metric_families

from orchestrator.kernel.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Body,
    Event,
    ModelFailed,
    ModelReplied,
    Problem,
    RunFinished,
    RunStarted,
    SignInRefused,
    ToolReturned,
)
from orchestrator.kernel.messages import Spared, Usage, assistant, user
from orchestrator.telemetry.metrics import Metrics


def event(body: Body) -> Event:
    return Event("run_1", 1, 1_700_000_000.0, "home", "owner", body)


def returned(tool: str, outcome: str = "ok") -> Event:
    return event(ToolReturned(1, "c", tool, "k", outcome, "x", seconds=0.2))  # type: ignore[arg-type]


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"orchestrator_{name}", labels)


def test_a_run_is_counted_from_its_events() -> None:
    metrics = Metrics()
    for body in (
        RunStarted("conv_1", user("hello"), "auto", "/w", channel="web"),
        ModelFailed(1, "m", Problem("model_timeout", "slow")),
        ModelReplied(1, "m", assistant("hi"), "stop", Usage(10, 5, 2), cost=0.25, seconds=0.5),
        ApprovalAsked("apr_1", "call", 1, "c", "t", {}, "h", "s", "code", "reason"),
        ApprovalAnswered("apr_1", "once", "owner"),
        RunFinished("completed", "hi"),
    ):
        metrics.observe(event(body))
    metrics.observe(returned("write_file", "refused"))
    assert value(metrics, "runs_started_total", channel="web") == 1
    assert value(metrics, "runs_finished_total", status="completed") == 1
    assert value(metrics, "model_calls_total", model="m", outcome="ok") == 1
    assert value(metrics, "model_calls_total", model="m", outcome="failed") == 1
    assert value(metrics, "tokens_total", model="m", kind="input") == 10
    assert value(metrics, "tokens_total", model="m", kind="cached") == 2
    assert value(metrics, "cost_dollars_total", model="m") == 0.25
    assert value(metrics, "tool_calls_total", tool="write_file", outcome="refused") == 1
    assert value(metrics, "tool_seconds_sum", tool="write_file") == 0.2
    assert value(metrics, "approvals_asked_total", kind="call") == 1
    assert value(metrics, "approvals_answered_total", answer="once") == 1
    assert value(metrics, "events_total", type="run.finished") == 1


def test_refused_sign_ins_are_counted_without_names() -> None:
    metrics = Metrics()
    metrics.observe(event(SignInRefused("mallory", "password")))
    assert value(metrics, "sign_ins_refused_total") == 1
    assert b"mallory" not in metrics.exposition()


def test_invented_names_do_not_fill_the_memory() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.observe(returned(f"invented_{number}"))
    assert value(metrics, "tool_calls_total", tool="other", outcome="ok") == 900
    assert metrics.exposition().count(b"orchestrator_tool_calls_total{") == 101


def test_two_instances_share_nothing() -> None:
    first, second = Metrics(), Metrics()
    first.answered("GET", "/health", 200, 0.001)
    assert value(first, "http_requests_total", method="GET", route="/health", status="200") == 1
    assert value(second, "http_requests_total", method="GET", route="/health", status="200") is None


def test_the_exposition_is_prometheus_text() -> None:
    metrics = Metrics()
    metrics.stream_opened("websocket")
    metrics.stream_opened("websocket")
    metrics.stream_closed("websocket")
    families = {family.name: family for family in text_string_to_metric_families(metrics.exposition().decode())}
    assert families["orchestrator_streams"].samples[0].value == 1
    assert "process_resident_memory_bytes" in families


def test_what_was_spared_is_counted() -> None:
    metrics = Metrics()
    for spared in (Spared(100, 0.5), Spared(20, 0.25, "exact"), None):
        metrics.observe(event(ModelReplied(1, "m", assistant("hi"), "stop", spared=spared)))
    assert value(metrics, "spared_tokens_total", model="m", by="optimiser") == 100
    assert value(metrics, "spared_dollars_total", model="m", by="exact") == 0.25
