"""What settings hold and nobody is shown."""


class Secret(str):
    """A string that does not show itself."""

    def __repr__(self) -> str:
        return "'•••'" if self else "''"
