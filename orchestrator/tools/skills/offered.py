"""Skills as a model meets them: their names in one tool's description, the rest when it asks for it.

What a skill says is a stranger's word: its origin is `skill`, and what a model does after reading it is judged so.
"""

import asyncio
import contextlib
import os
import secrets
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from orchestrator.kernel.errors import NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.policy.screen.screen import without_orders
from orchestrator.tools.arguments import Parameters
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.skills.skill import BODY, SCRIPTS, SIGNATURE, Skill, body_of
from orchestrator.tools.workspace import Workspace, explained

if TYPE_CHECKING:
    from orchestrator.tools.skills.skills import Skills

USE, READ, BRING = "use_skill", "read_skill_file", "bring_skill"
_NAMED = 6_000  # characters of all names and descriptions together

_WHICH = Annotated[str, Meta(description="the name of a skill")]


def tools_of(skills: "Skills") -> list[Tool]:
    return [Use(skills), Read(skills), Bring(skills)]


class _Told(Struct, frozen=True):
    skill: str
    text: str
    files: list[str] = []


class Use:
    """The instructions of a skill."""

    def __init__(self, skills: "Skills") -> None:
        self._skills = skills
        self._parameters = Parameters(USE, {"name": (_WHICH, msgspec.NODEFAULT)})
        said, left = [], _NAMED
        for skill in skills.all():
            row = f"- {skill.name}: {without_orders(skill.description)}"
            row = row if len(row) <= left else f"- {skill.name}"
            left -= len(row)
            if left > 0:
                said.append(row)
        self.spec = ToolSpec(
            name=USE,
            description="Read the instructions of a skill, before doing what it is for. There are:\n" + "\n".join(said),
            parameters=self._parameters.schema,
            category="skills",
            origin="skill",
            always=True,
        )

    def check(self, arguments: Arguments) -> None:
        self._parameters.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        skill = _found(self._skills, arguments["name"])
        text = body_of(_read(self._skills, skill.name, BODY))
        files = [path for path in skill.files if path not in (BODY, SIGNATURE)]
        beside = f"\n\nIts files ({READ} shows one): {', '.join(files)}" if files else ""
        runs = f"\n{BRING} puts them into the workspace." if SCRIPTS in skill.needs and skill.programs() else ""
        return Result(text + beside + runs, msgspec.to_builtins(_Told(skill.name, text, files)))


class Read:
    """One file of a skill."""

    def __init__(self, skills: "Skills") -> None:
        self._skills = skills
        path = Annotated[str, Meta(description="as use_skill names it")]
        self._parameters = Parameters(READ, {"name": (_WHICH, msgspec.NODEFAULT), "path": (path, msgspec.NODEFAULT)})
        self.spec = ToolSpec(
            name=READ,
            description="Read one file of a skill.",
            parameters=self._parameters.schema,
            category="skills",
            origin="skill",
        )

    def check(self, arguments: Arguments) -> None:
        self._parameters.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        data = _read(self._skills, _found(self._skills, arguments["name"]).name, arguments["path"])
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise ToolFailed(f"{arguments['path']} is no text ({len(data)} bytes).") from None
        return Result(text or "It is empty.", msgspec.to_builtins(_Told(arguments["name"], text)))


class Bring:
    """The files of a skill, where commands can reach them. Running them is execute_command's, under its policy."""

    def __init__(self, skills: "Skills") -> None:
        self._skills = skills
        self._parameters = Parameters(BRING, {"name": (_WHICH, msgspec.NODEFAULT)})
        self.spec = ToolSpec(
            name=BRING,
            description="Put the files of a skill into the workspace, under skills/NAME, for commands to use.",
            parameters=self._parameters.schema,
            scope="write",
            effects="idempotent",
            category="skills",
            origin="skill",
            risks=("installs",),
        )

    def check(self, arguments: Arguments) -> None:
        self._parameters.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        skill = _found(self._skills, arguments["name"])
        paths = [path for path in skill.files if path != SIGNATURE]
        if SCRIPTS not in skill.needs:  # what it did not say it needs stays where it is
            paths = [path for path in paths if path not in skill.programs()]
        await asyncio.to_thread(self._bring, skill.name, paths, Workspace(context.workspace))
        kept = "" if SCRIPTS in skill.needs else " It does not say that it needs scripts: those were left out."
        text = f"{len(paths)} files are in skills/{skill.name}.{kept}"
        return Result(text, msgspec.to_builtins(_Told(skill.name, text, [f"skills/{skill.name}/{p}" for p in paths])))

    def _bring(self, name: str, paths: list[str], workspace: Workspace) -> None:
        for path in paths:
            _put(workspace, f"skills/{name}/{path}", _read(self._skills, name, path))


def _put(workspace: Workspace, path: str, data: bytes) -> None:
    """The file, whole, in place of what was there."""
    with workspace.parent(path) as (folder, name), explained(path):
        beside = f".{name[:80]}.{secrets.token_hex(6)}.part"
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=folder)
            raise


def _found(skills: "Skills", name: str) -> Skill:
    try:
        return skills.get(name)
    except NotFound as error:
        raise ToolRetry(error.detail, hint=error.hint) from None


def _read(skills: "Skills", name: str, path: str) -> bytes:
    try:
        return skills.read(name, path)
    except NotFound as error:
        raise ToolRetry(error.detail, hint=error.hint) from None
