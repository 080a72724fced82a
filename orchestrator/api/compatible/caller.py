"""Who calls a compatible endpoint."""

from msgspec import Struct

from orchestrator.api.compatible.doors import Vendor
from orchestrator.app import App
from orchestrator.identity.base import Principal


class Caller(Struct, frozen=True):
    app: App
    who: Principal
    vendor: Vendor  # whose client it is
    name: str = ""  # of a model, where the address has one
