"""The skills there are: each a copy in the data folder, held to the digest that is in the journal at every reading."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound, OrchestratorError, ToolFailed
from orchestrator.kernel.events import ToolsPinned
from orchestrator.tools.foreign import Change, Pin, Put, Told
from orchestrator.tools.skills.offered import tools_of
from orchestrator.tools.skills.skill import LARGEST, MOST, Skill, difference, skill_of, too_much


class Skills:
    """`folder` is where they are, `trusted` the keys that the owner trusts, `pins` the digests in the journal."""

    def __init__(
        self,
        folder: Path,
        trusted: tuple[str, ...],
        put: Put,
        tell: Told,
        pin: Pin,
        pins: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.problems: dict[str, str] = {}  # by source
        self.trusted = trusted
        self._folder = folder
        self._put = put
        self._tell = tell
        self._pin = pin
        self._pins = pins
        self._skills: dict[str, Skill] = {}
        for place in sorted(folder.glob("*")):
            if place.is_dir() and not place.name.startswith("."):
                self._open(place, pins.get(f"skill:{place.name}", {}).get("folder", ""))
        self._offer()

    def _open(self, place: Path, pinned: str) -> None:
        try:
            skill = skill_of(files_of(place))
            if pinned != skill.digest or skill.name != place.name:
                raise InvalidInput(f"{place.name} is not what was added.", hint="Remove it, and add it again.")
            self._skills[skill.name] = skill
        except (OrchestratorError, OSError) as error:
            self.problems[f"skill:{place.name}"] = str(error)[:500]

    def refresh(self) -> None:
        """Another server of the cluster has added or removed one: the same counts here."""
        pinned = {source.removeprefix("skill:"): pin for source, pin in self._pins.items() if source[:6] == "skill:"}
        known = dict(self._skills)
        for name in set(known) - set(pinned):
            del self._skills[name]
        for name, pin in pinned.items():
            place = self._folder / name
            if (name not in known or known[name].digest != pin.get("folder")) and place.is_dir():
                self.problems.pop(f"skill:{name}", None)
                self._skills.pop(name, None)
                self._open(place, pin.get("folder", ""))
        if known != self._skills:
            self._offer()

    def all(self) -> list[Skill]:
        return list(self._skills.values())

    def get(self, name: str) -> Skill:
        """Raises NotFound."""
        if (skill := self._skills.get(name)) is None:
            there = f"There are: {', '.join(self._skills)}." if self._skills else "There are none."
            raise NotFound(f"There is no skill {name[:100]!r}.", hint=there)
        return skill

    def read(self, name: str, path: str) -> bytes:
        """One file, as it was added. Raises NotFound, ToolFailed."""
        skill = self.get(name)
        if path not in skill.files:
            near = ", ".join(skill.files)[:1000]
            raise NotFound(f"The skill {name} has no file {path[:200]!r}.", hint=f"It has: {near}.")
        try:
            data = _unlinked(self._folder / name / path)
        except OSError as error:
            raise ToolFailed(f"{path} of the skill {name} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(data).hexdigest() != skill.files[path]:
            raise ToolFailed(f"{path} of the skill {name} is not what was added: it is not used.")
        return data

    async def add(self, files: Mapping[str, bytes], *, unsigned: bool, by: str, replace: bool = False) -> Skill:
        """Raises InvalidInput, or Conflict for one that nobody the owner trusts has signed, unless that is said.

        In the place of another version only where that is said, too: what it says then is other than what was seen.
        """
        skill = skill_of(files)
        before = self._skills.get(skill.name)
        if before is not None and not replace:
            what = difference(before, skill) or "nothing of it is another"
            raise Conflict(f"There is a skill {skill.name!r} already ({what}).", hint="Look, and say --replace.")
        signed = skill.signed(self.trusted)
        if signed != "trusted" and not unsigned:
            who = "Nobody has signed" if signed == "no" else f"The key {skill.key}, which is not trusted, has signed"
            raise Conflict(f"{who} {skill.name}.", hint="Read it; if you want it all the same, say --unsigned.")
        self._keep(skill.name, files)
        source = f"skill:{skill.name}"
        await self._pin(ToolsPinned(source, {"folder": skill.digest}, by))
        self.problems.pop(source, None)
        self._skills[skill.name] = skill
        self._offer()
        await self._tell(Change(source, "added" if before is None else "changed", (), skill.digest))
        return skill

    async def remove(self, name: str, *, by: str) -> None:
        """Raises NotFound."""
        source = f"skill:{name}"
        if source not in self.problems:
            self.get(name)
        self._skills.pop(name, None)
        self.problems.pop(source, None)
        self._offer()
        shutil.rmtree(self._folder / name, ignore_errors=True)
        await self._pin(ToolsPinned(source, {}, by))
        await self._tell(Change(source, "removed"))

    def _keep(self, name: str, files: Mapping[str, bytes]) -> None:
        """Whole, or not at all."""
        beside, place = self._folder / f".{name}.new", self._folder / name
        shutil.rmtree(beside, ignore_errors=True)
        for path, data in files.items():
            file = beside / path
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(data)
        shutil.rmtree(place, ignore_errors=True)
        beside.replace(place)

    def _offer(self) -> None:
        self._put("skills", tools_of(self) if self._skills else ())


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their paths. Raises InvalidInput for links and what is no file, OSError."""
    found: dict[str, bytes] = {}
    left = LARGEST
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        for name in sorted([*links, *(name for name in names if not name.startswith("."))]):
            file = Path(root) / name
            if file.is_symlink() or not file.is_file():
                raise InvalidInput(f"{file} is a link, or no file.", hint="A skill is made of files.")
            left -= file.stat().st_size
            if len(found) == MOST or left < 0:
                raise too_much()
            found[file.relative_to(folder).as_posix()] = file.read_bytes()
    return found


def _unlinked(file: Path) -> bytes:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()
