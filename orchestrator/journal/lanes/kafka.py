"""Kafka, and what speaks its wire: reliable. What is sent is kept by all replicas in step, in order for each key.

Covers: at least once; repeats within one connection are dropped by the brokers (an idempotent producer).
Does not cover: creating topics with a replication of your choice; do that before, or let the brokers do it their way.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.journal.lanes.base import Record
from orchestrator.kernel.errors import InvalidSettings, LaneUnavailable
from orchestrator.kernel.packages import command

SENDING = 15.0  # seconds until what is sent must be kept
CLOSING = 5.0


class Kafka:
    name = "kafka"

    def __init__(
        self, servers: Sequence[str], topic: str, *, tls: bool = False, user: str = "", password: str = ""
    ) -> None:
        """Connects at the first word. Raises InvalidSettings where the extra is not installed."""
        try:
            import aiokafka  # type: ignore[import-untyped]
        except ImportError as error:
            raise InvalidSettings("Kafka needs aiokafka, which is not installed.", hint=command("aiokafka")) from error
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says each try of each node; we say what it means
        self._kafka = aiokafka
        self._topic = topic
        self._options: dict[str, Any] = {
            "bootstrap_servers": list(servers),
            "enable_idempotence": True,
            "acks": "all",
            "request_timeout_ms": 10_000,
            "retry_backoff_ms": 100,
            **_secured(tls, user, password),
        }
        self._producer: Any = None

    async def send(self, records: Sequence[Record]) -> None:
        try:
            async with asyncio.timeout(SENDING):
                await self._sent(records)
        except (self._kafka.errors.KafkaError, OSError, TimeoutError) as error:
            await self.close()  # what it still holds is sent again by a fresh one
            raise LaneUnavailable(
                f"Kafka keeps nothing now: {error!r}.", hint="Are the brokers running? It is tried again."
            ) from error

    async def _sent(self, records: Sequence[Record]) -> None:
        if self._producer is None:
            producer = self._kafka.AIOKafkaProducer(**self._options)
            self._producer = producer
            await producer.start()
        producer = self._producer
        futures = [
            await producer.send(
                self._topic, record.payload, key=record.key.encode(), headers=[("id", record.id.encode())]
            )
            for record in records
        ]
        results = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(self._kafka.errors.KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await producer.stop()


def _secured(tls: bool, user: str, password: str) -> Mapping[str, Any]:
    protocol = ("SASL_" if user else "") + ("SSL" if tls else "PLAINTEXT")
    options: dict[str, Any] = {"security_protocol": protocol}
    if tls:
        options["ssl_context"] = ssl.create_default_context()
    if user:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }
    return options
