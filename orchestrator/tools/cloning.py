"""A repository copied from its server: beside its place first, and put there when it is whole."""

import os
import shutil

from orchestrator.kernel.errors import ToolRetry
from orchestrator.tools.base import Context
from orchestrator.tools.files.moving import entry, exists
from orchestrator.tools.repository import Git
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.workspace import Workspace


async def clone(sandbox: Sandbox, context: Context, url: str, path: str | None, secret: str | None) -> str:
    """The folder it is in now. Raises ToolRetry where something is there already, ToolFailed."""
    workspace = Workspace(context.workspace)
    target = workspace.relative(_target(url, path))
    if workspace.stat(target) is not None:
        hint = "Choose another folder with `path`."
        raise ToolRetry(f"{target!r} is there already.", hint=hint, why="exists", path=target)
    git = Git(sandbox, context, ".")
    remote = await git.remote(url, secret)
    beside = f".cloning-{context.key[:16]}"
    with workspace.root() as root:
        shutil.rmtree(beside, ignore_errors=True, dir_fd=root)  # of a try that was cut off
        try:
            await git.reach(remote, "clone", "--template=", "--no-recurse-submodules", "--", remote.url, beside)
            with entry(workspace, target, make=True) as (folder, name), entry(workspace, beside) as (old, own):
                if exists(folder, name):
                    raise ToolRetry(f"{target!r} is there already.", why="exists", path=target)
                os.rename(own, name, src_dir_fd=old, dst_dir_fd=folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True, dir_fd=root)
    return target


def cloned_before(context: Context, url: str, path: str | None) -> str | None:
    """The folder of a clone that was made whole."""
    target = _target(url, path)
    return target if Workspace(context.workspace).stat(f"{target}/.git") is not None else None


def _target(url: str, path: str | None) -> str:
    return path or url.rstrip("/").rpartition("/")[2].removesuffix(".git") or "repository"
