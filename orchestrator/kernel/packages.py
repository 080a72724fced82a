"""How a package that is not installed comes into this very environment."""

import re
import shlex
import sys
from importlib import metadata

PRODUCT = "ai-orchestrator"


def command(package: str) -> str:
    """What a person types to have it, in the version that the product asks for."""
    return f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(_requirement(package))}"


def _requirement(package: str) -> str:
    try:
        asked = metadata.requires(PRODUCT) or []
    except metadata.PackageNotFoundError:
        asked = []
    named = (each.partition(";")[0].strip() for each in asked)
    return next((each for each in named if re.split(r"[^\w.-]", each)[0].lower() == package), package)
