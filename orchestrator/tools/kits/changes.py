"""The changes kit: what is done to files beyond writing them: edited in place, moved, copied, deleted so that it can be
undone, packed, unpacked, looked at closely, waited for."""

from asyncio import to_thread
from typing import Annotated

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result
from orchestrator.tools.files import aftermath
from orchestrator.tools.files.archives import Packed, Unpacked, pack, unpack
from orchestrator.tools.files.editing import Edited, edit, patched, replaced, text_of, undone
from orchestrator.tools.files.looking import FileInfo, Watched, info, watch
from orchestrator.tools.files.moving import (
    Copied,
    Deleted,
    Moved,
    Restored,
    copy,
    delete,
    deleted,
    move,
    restore,
)
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples import changes as said
from orchestrator.tools.workspace import Workspace

AnyPath = Annotated[str, Meta(description="path inside the workspace", min_length=1)]
Target = Annotated[str, Meta(description="the new path; a folder that is there takes it in", min_length=1)]


def _told(found: msgspec.Struct | None) -> Result | None:
    return None if found is None else Result(str(found), msgspec.to_builtins(found))


async def _reconcile_copy(arguments: Arguments, context: Context) -> Result | None:
    workspace = Workspace(context.workspace)
    return _told(await to_thread(aftermath.copied, workspace, arguments["source"], arguments["destination"]))


async def _reconcile_restore(arguments: Arguments, context: Context) -> Result | None:
    return _told(aftermath.restored(Workspace(context.workspace), arguments["path"]))


async def _reconcile_archive(arguments: Arguments, context: Context) -> Result | None:
    paths = [arguments["source"], *(arguments["paths"] or [])]
    return _told(await to_thread(aftermath.packed, Workspace(context.workspace), paths, arguments["destination"]))


async def _reconcile_unpack(arguments: Arguments, context: Context) -> Result | None:
    workspace = Workspace(context.workspace)
    return _told(await to_thread(aftermath.unpacked, workspace, arguments["path"], arguments["destination"]))


async def _reconcile_edit(arguments: Arguments, context: Context) -> Result | None:
    """Whether the change is in the file: it says so unless the new text holds the old one."""
    path, find, replace, patch = (arguments[name] for name in ("path", "find", "replace", "patch"))
    text = text_of(Workspace(context.workspace), path)
    if patch:
        if undone(text, patch) is not None:
            return Result(f"The patch is in {path}.", {"path": path, "changes": 1, "diff": patch})
        patched(text, patch)  # raises where neither is so
        return None
    if find in text and find not in (replace or ""):
        return None
    if replace and find not in replace and replace in text:
        return Result(f"{path} has the new text.", {"path": path, "changes": 1, "diff": ""})
    raise ToolFailed(f"{path!r} does not show whether this change was made.")


@tool(
    scope="write",
    effects="once",
    category="files",
    examples=said.EDIT_FILE,
    answers={
        "en": "[{changes|change|changes} in {path}:]\n```diff\n{diff}\n```",
        "fr": "[{changes|changement|changements} dans {path} :]\n```diff\n{diff}\n```",
    },
    reconcile=_reconcile_edit,
)
def edit_file(
    path: AnyPath,
    context: Context,
    find: Annotated[str | None, "the exact text to replace, spaces included"] = None,
    replace: Annotated[str | None, "what to put there instead; empty removes it"] = None,
    patch: Annotated[str | None, "or a unified diff of this one file, with @@ lines"] = None,
    every: Annotated[bool, "replace each place where the text is, not just the only one"] = False,
) -> Edited:
    """Change a part of a text file: replace an exact text, or apply a unified patch. Returns the difference."""
    workspace = Workspace(context.workspace)
    if (patch is None) == (find is None):
        raise ToolRetry("Give either `find` with `replace`, or `patch`.", why="no_edit", path=path)
    text = text_of(workspace, path)
    if patch is not None:
        return edit(workspace, path, patched(text, patch))
    if not find or replace is None:
        raise ToolRetry("`find` must not be empty, and needs `replace`.", hint="write_file writes a whole file.")
    return edit(workspace, path, replaced(text, find, replace, every=every))


async def _reconcile_move(arguments: Arguments, context: Context) -> Result | None:
    workspace = Workspace(context.workspace)
    if workspace.stat(arguments["source"]) is not None:
        return None
    if workspace.stat(arguments["destination"]) is None:
        raise ToolFailed(f"Neither {arguments['source']!r} nor {arguments['destination']!r} is there.")
    return _told(Moved(workspace.relative(arguments["source"]), workspace.relative(arguments["destination"])))


@tool(
    scope="write",
    effects="once",
    category="files",
    examples=said.MOVE_FILE,
    answers={"en": "{source} is now {destination}.", "fr": "{source} est maintenant {destination}."},
    reconcile=_reconcile_move,
)
def move_file(source: AnyPath, destination: Target, context: Context) -> Moved:
    """Move or rename a file or folder of the workspace. Never overwrites."""
    return move(Workspace(context.workspace), source, destination)


@tool(
    scope="write",
    effects="once",
    category="files",
    examples=said.COPY_FILE,
    answers={
        "en": "Copied {source} to {destination} ({files|file|files}, {size:bytes}).[ {note}]",
        "fr": "{source} est copié dans {destination} ({files|fichier|fichiers}, {size:bytes}).[ {note}]",
    },
    timeout=120.0,
    reconcile=_reconcile_copy,
)
def copy_file(source: AnyPath, destination: Target, context: Context) -> Copied:
    """Copy a file, or a folder with all that is in it. Never overwrites."""
    return copy(Workspace(context.workspace), source, destination, context.key)


async def _reconcile_delete(arguments: Arguments, context: Context) -> Result | None:
    return _told(deleted(Workspace(context.workspace), arguments["path"], context.key))


@tool(
    scope="execute",
    effects="once",
    category="files",
    examples=said.DELETE_FILE,
    answers={"en": "{path} is in the trash.", "fr": "{path} est à la corbeille."},
    reconcile=_reconcile_delete,
    risks=("destroys",),
)
def delete_file(path: AnyPath, context: Context) -> Deleted:
    """Delete a file or folder: it goes to the workspace's trash, from where restore_file brings it back."""
    return delete(Workspace(context.workspace), path, context.key)


@tool(
    scope="write",
    effects="once",
    category="files",
    examples=said.RESTORE_FILE,
    answers={"en": "{path} is back.", "fr": "{path} est de retour."},
    reconcile=_reconcile_restore,
)
def restore_file(path: Annotated[str, "the path it was deleted from"], context: Context) -> Restored:
    """Bring back what was deleted with delete_file."""
    return restore(Workspace(context.workspace), path)


@tool(
    scope="write",
    effects="idempotent",
    category="files",
    examples=said.MAKE_DIRECTORY,
    answers={"en": "The folder {path} is there.", "fr": "Le dossier {path} est là."},
)
def make_directory(path: AnyPath, context: Context) -> FileInfo:
    """Ensure that a folder is there, and those above it."""
    workspace = Workspace(context.workspace)
    with workspace.parent(f"{path.rstrip('/')}/x"):
        pass
    return info(workspace, path)


@tool(
    scope="write",
    effects="once",
    category="files",
    examples=said.ARCHIVE_FILES,
    answers={
        "en": "{destination}: {files|file|files}, {size:bytes}.[ {note}]",
        "fr": "{destination} : {files|fichier|fichiers}, {size:bytes}.[ {note}]",
    },
    timeout=300.0,
    reconcile=_reconcile_archive,
)
def archive_files(
    source: Annotated[str, Meta(description="the file or folder to pack", min_length=1)],
    destination: Annotated[str, Meta(description="the archive: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz", min_length=1)],
    context: Context,
    paths: Annotated[list[str] | None, "further files and folders to pack"] = None,
) -> Packed:
    """Pack files and folders of the workspace into an archive."""
    return pack(Workspace(context.workspace), [source, *(paths or [])], destination)


@tool(
    scope="write",
    effects="once",
    category="files",
    origin="file",
    examples=said.UNPACK_ARCHIVE,
    answers={
        "en": "{path} is unpacked in {destination}: {files|file|files}, {size:bytes}.[ {note}]\n{entries}",
        "fr": "{path} est décompressé dans {destination} : {files|fichier|fichiers}, {size:bytes}.[ {note}]\n{entries}",
    },
    timeout=300.0,
    reconcile=_reconcile_unpack,
)
def unpack_archive(
    path: Annotated[str, Meta(description="the archive", min_length=1)],
    destination: Annotated[str, Meta(description="the folder to unpack into; . is the workspace", min_length=1)],
    context: Context,
) -> Unpacked:
    """Unpack a zip or tar archive into a folder of the workspace, whole or not at all. Never overwrites."""
    return unpack(Workspace(context.workspace), path, destination, context.key)


@tool(
    category="files",
    origin="file",
    examples=said.FILE_INFO,
    answers={
        "en": "{path}: {kind}[, {media_type}][, {encoding}], {size:bytes}, mode {mode}.[\nsha256 `{sha256}`]",
        "fr": "{path} : {kind}[, {media_type}][, {encoding}], {size:bytes}, droits {mode}.[\nsha256 `{sha256}`]",
    },
    timeout=120.0,
)
def file_info(path: AnyPath, context: Context) -> FileInfo:
    """Describe a file without reading it out: kind, size, permissions, media type, encoding, SHA-256 digest."""
    return info(Workspace(context.workspace), path)


@tool(
    category="files",
    examples=said.WATCH_FILE,
    answers={
        "en": "{path}: {what} ({seconds} s).",
        "fr": "{path} : {what} ({seconds} s).",
    },
    timeout=620.0,
)
async def watch_file(
    path: AnyPath,
    context: Context,
    seconds: Annotated[float, Meta(description="how long to wait at most", gt=0, le=600)] = 60.0,
) -> Watched:
    """Wait until a file is created, changed or removed."""
    return await watch(Workspace(context.workspace), path, seconds, context.clock)


tools = (
    edit_file,
    move_file,
    copy_file,
    delete_file,
    restore_file,
    make_directory,
    archive_files,
    unpack_archive,
    file_info,
    watch_file,
)
