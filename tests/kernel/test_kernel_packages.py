"""What a person types to have a package that is not installed."""

import sys
from importlib import metadata

import pytest

from orchestrator.kernel.packages import command


def test_it_is_for_this_environment_in_the_version_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ['redis<9,>=8.1; extra == "redis"', "redis-tools>=1", "duckdb>=2"]
    monkeypatch.setattr(metadata, "requires", lambda name: asked if name == "ai-orchestrator" else None)
    assert command("redis").startswith(sys.executable)
    assert command("redis").endswith("-m pip install 'redis<9,>=8.1'")
    assert command("duckdb").endswith("'duckdb>=2'")
    assert command("numpy").endswith(" numpy")


def test_without_what_is_said_of_the_product_the_package_alone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert command("redis").endswith(" redis")
