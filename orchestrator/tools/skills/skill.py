"""One skill: a folder with a SKILL.md, what it says it needs, and who signed it.

The signature is in SKILL.sig: a JSON object with `key` and `signature`, base64, ed25519 over the digest of all other
files. A skill without one is as good as whoever adds it says; one whose signature is wrong is refused.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput
from orchestrator.tools.mcp.definitions import seen
from orchestrator.tools.plain_yaml import load

Signed: TypeAlias = Literal["no", "unknown", "trusted"]

MOST = 500  # files
LARGEST = 6 * 2**20  # bytes of all files
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SIGNATURE = "SKILL.sig"
BODY = "SKILL.md"
SCRIPTS = "scripts"  # the capability to bring programs into a workspace
_PATH = re.compile(r"(?:\w[\w.,+@() -]{0,99}/){0,6}\w[\w.,+@() -]{0,99}")
_FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)(.*)\Z", re.DOTALL)
_NEED = re.compile(r"[^\s,()]+(?:\([^()]*\))?")  # Bash(git add:*) is one
_NEEDS = re.compile(r"[A-Za-z0-9_.:*-]{1,100}(?:\([ -~]{0,200}\))?")
_SAID = 500  # characters of what is only shown


class Skill(Struct, frozen=True):
    name: str
    description: str
    needs: tuple[str, ...]  # what it says it uses: names of tools, and `scripts`
    files: dict[str, str]  # sha256 by path
    digest: str  # of all files but the signature
    key: str  # that signed it, base64; empty: nobody did
    license: str = ""
    compatibility: str = ""  # where it works, in its words
    metadata: dict[str, str] = {}

    def programs(self) -> list[str]:
        return [path for path in self.files if path.startswith("scripts/")]

    def signed(self, trusted: tuple[str, ...]) -> Signed:
        return "no" if not self.key else "trusted" if self.key in trusted else "unknown"


class _Signature(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    signature: str


def skill_of(files: Mapping[str, bytes]) -> Skill:
    """What a folder holds, read and not run. Raises InvalidInput."""
    _bounded(files)
    front, _ = _parts(files)
    name, description = front.get("name"), front.get("description")
    if not isinstance(name, str) or len(name) > 64 or not NAME.fullmatch(name):
        raise InvalidInput(f"{str(name)[:100]!r} cannot be the name of a skill.", hint="Small letters, digits and -.")
    if not isinstance(description, str) or not description.strip() or len(description) > 1024:
        raise InvalidInput(f"{name} does not say what it is for.", hint="`description`: 1 to 1024 characters.")
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}
    digest = digest_of(sums)
    return Skill(
        name=name,
        description=" ".join(seen(description, 1024).split()),
        needs=_needs(front, any(path.startswith("scripts/") for path in files)),
        files=sums,
        digest=digest,
        key=_signer(files, digest),
        license=_shown(front.get("license")),
        compatibility=_shown(front.get("compatibility")),
        metadata=_metadata(front.get("metadata")),
    )


def body_of(data: bytes) -> str:
    """The instructions, without what stands before them."""
    return seen(_parts({BODY: data})[1], 200_000).strip()


def digest_of(sums: Mapping[str, str]) -> str:
    rows = "".join(f"{path}\0{sums[path]}\n" for path in sorted(sums) if path != SIGNATURE)
    return hashlib.sha256(rows.encode()).hexdigest()


def sign(files: Mapping[str, bytes], private_key: bytes) -> bytes:
    """What SKILL.sig holds, for an ed25519 key of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private_key)
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.b64encode(key.sign(digest_of(sums).encode())).decode()
    return msgspec.json.encode(_Signature(public, signature))


def too_much() -> InvalidInput:
    return InvalidInput(f"A skill has at most {MOST} files and {LARGEST // 2**20} MB.", hint="Take some out.")


def _bounded(files: Mapping[str, bytes]) -> None:
    if BODY not in files:
        raise InvalidInput(f"The folder has no {BODY}.", hint="It is what an agent reads.")
    if len(files) > MOST or sum(map(len, files.values())) > LARGEST:
        raise too_much()
    for path in files:
        if not _PATH.fullmatch(path) or any(step.endswith((".", " ")) for step in path.split("/")):
            raise InvalidInput(
                f"{path[:200]!r} cannot be the name of a file of a skill.", hint="Letters, digits, . _ -"
            )


def _parts(files: Mapping[str, bytes]) -> tuple[dict[str, Any], str]:
    try:
        text = files[BODY].decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{BODY} is not UTF-8.", hint="Save it as UTF-8.") from error
    found = _FRONT.match(text.removeprefix("\ufeff"))
    if found is None:
        raise InvalidInput(f"{BODY} does not begin with its front matter.", hint="---, name and description, ---.")
    front = load(found[1], BODY)
    if not isinstance(front, dict):
        raise InvalidInput(f"The front matter of {BODY} is no table.", hint="name: …, description: …")
    return front, found[2]


def _shown(value: Any) -> str:
    return "" if value is None else " ".join(seen(str(value), _SAID).split())


def _metadata(given: Any) -> dict[str, str]:
    rows = list(given.items())[:50] if isinstance(given, dict) else []
    return {_shown(key): _shown(value) for key, value in rows}


def _needs(front: Mapping[str, Any], programs: bool) -> tuple[str, ...]:
    """A skill of the published format does not know of `scripts`: what it has there, it needs."""
    given = front.get("capabilities", front.get("allowed-tools", ()))
    words = _NEED.findall(given) if isinstance(given, str) else given if isinstance(given, list) else []
    found = tuple(dict.fromkeys(str(word) for word in words if word))
    if len(found) > 50 or any(not _NEEDS.fullmatch(word) for word in found):
        raise InvalidInput("What the skill says it needs cannot be read.", hint="capabilities: [read_file, scripts]")
    return (*found, SCRIPTS) if programs and "capabilities" not in front else found


def difference(old: Skill, new: Skill) -> str:
    """What of a skill is another, for a person."""
    changed = [path for path in new.files if path in old.files and new.files[path] != old.files[path]]
    rows = {
        "changed": changed,
        "new": [path for path in new.files if path not in old.files],
        "gone": [path for path in old.files if path not in new.files],
    }
    return "; ".join(f"{what}: {', '.join(paths)[:500]}" for what, paths in rows.items() if paths)


def _signer(files: Mapping[str, bytes], digest: str) -> str:
    """The key that signed these files; empty where nobody did. Raises InvalidInput for a signature that is wrong."""
    if (data := files.get(SIGNATURE)) is None:
        return ""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        given = msgspec.json.decode(data, type=_Signature)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(given.key, validate=True))
        key.verify(base64.b64decode(given.signature, validate=True), digest.encode())
    except (msgspec.DecodeError, ValueError, InvalidSignature) as error:
        raise InvalidInput(
            "The signature does not fit these files: they are not what was signed.", hint="Get the skill anew."
        ) from error
    return given.key
