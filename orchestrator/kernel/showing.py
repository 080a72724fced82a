"""The settings as a person may see them."""

from pathlib import Path
from typing import Any

from msgspec import Struct

from orchestrator.kernel.settings import Secret, Settings


def shown(settings: Settings) -> dict[str, Any]:
    """Secrets are named, never shown."""

    def plain(value: Any) -> Any:
        if isinstance(value, Secret):
            return "•••" if value else ""
        if isinstance(value, Path):
            return str(value)
        if isinstance(value, Struct):
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        return value

    shown_settings: dict[str, Any] = plain(settings)
    return shown_settings
