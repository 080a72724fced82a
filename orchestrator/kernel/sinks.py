"""Settings of what the journal is told to, beyond this installation: `journal.sinks.NAME`. See docs/audit.md."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from orchestrator.kernel.secret import Secret


class Sink(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["kafka", "nats"]  # nats: a stream of JetStream
    servers: Annotated[tuple[str, ...], Meta(min_length=1)]  # "host:9092", …; "nats://host:4222", …
    topic: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,200}$")] = "orchestrator-audit"
    bodies: bool = False  # loosening: what was said and done leaves too, in the clear, where no erasure reaches it
    tls: bool = False  # of Kafka; the address of a NATS server says it: tls://…
    user: str = ""  # Kafka: by SCRAM-SHA-512
    password: Secret = Secret("")
