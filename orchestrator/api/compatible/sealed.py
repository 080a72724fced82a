"""A model's thinking on its way through a client and back: opaque there, and as it was when it returns.

Vendors want it back unchanged, with a signature that is known only at its end; a client keeps one string for us.
"""

import base64
import binascii

import msgspec

from orchestrator.kernel.messages import Thinking

_MARK = "orchestrator:"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Thinking).decode


def sealed(thinking: Thinking) -> str:
    return _MARK + base64.b64encode(_encode(thinking)).decode()


def opened(data: str) -> Thinking | None:
    """None for what is not ours, or was changed."""
    if not data.startswith(_MARK):
        return None
    try:
        return _decode(base64.b64decode(data.removeprefix(_MARK), validate=True))
    except (binascii.Error, msgspec.MsgspecError):
        return None
