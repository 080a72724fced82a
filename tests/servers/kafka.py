"""Brokers that speak Kafka's wire. SIMULATED: they are the mock cluster of librdkafka (in the package confluent-kafka),
which keeps what it is told in memory; its brokers can be taken down and come back.

They live in a process of their own, `python kafka.py`, which is told what to do on standard input.
"""

import ctypes
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

PRODUCE = 0  # Kafka's number of that request
NOT_ENOUGH_REPLICAS = 19


def library() -> Path | None:
    """librdkafka, as the package brings it."""
    spec = importlib.util.find_spec("confluent_kafka")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parents[1].glob("confluent_kafka.libs/librdkafka*"))
    return found[0] if found else None


class Brokers:
    def __init__(self, count: int = 1) -> None:
        if library() is None:
            missing = "confluent-kafka, which brings the brokers, is not installed"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        self.count = count
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.servers = self._process.stdout.readline().strip().split(",")
        assert len(self.servers) == count, "the brokers did not start"

    def tell(self, *words: object) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(" ".join(map(str, words)) + "\n")
        stdin.flush()
        assert stdout.readline() == "0\n", words

    def down(self) -> None:
        """All of them: connections are closed, and none are taken."""
        for number in range(1, self.count + 1):
            self.tell("down", number)

    def up(self) -> None:
        for number in range(1, self.count + 1):
            self.tell("up", number)

    def refuse(self, times: int) -> None:
        """What is produced next, so many times: the replicas are not in step."""
        self.tell("refuse", times)

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def main(count: int) -> None:
    import confluent_kafka  # noqa: F401  (loads what the library needs)

    kafka = ctypes.CDLL(str(library()))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(kafka, name).restype = ctypes.c_void_p
    kafka.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    said = ctypes.create_string_buffer(512)
    client = ctypes.c_void_p(kafka.rd_kafka_new(0, ctypes.c_void_p(kafka.rd_kafka_conf_new()), said, 512))
    cluster = ctypes.c_void_p(kafka.rd_kafka_mock_cluster_new(client, count))
    print(kafka.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)  # noqa: T201
    for line in sys.stdin:
        what, number = line.split()
        if what == "refuse":
            errors = (ctypes.c_int * int(number))(*([NOT_ENOUGH_REPLICAS] * int(number)))
            kafka.rd_kafka_mock_push_request_errors_array(cluster, PRODUCE, ctypes.c_size_t(int(number)), errors)
            done = 0
        else:
            done = getattr(kafka, f"rd_kafka_mock_broker_set_{what}")(cluster, int(number))
        print(done, flush=True)  # noqa: T201
    kafka.rd_kafka_mock_cluster_destroy(cluster)


if __name__ == "__main__":
    main(int(sys.argv[1]))
