"""Other machines, as the settings name them."""

from msgspec import Struct


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """Reached by SSH."""

    address: str
    user: str
    port: int = 22
    key_file: str = ""  # a private key without a passphrase
    secret: str = ""  # the name of a secret: a private key, or a password
