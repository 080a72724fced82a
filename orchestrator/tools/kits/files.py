"""The files kit: read, write, list and search inside the workspace."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.files.documents import KINDS, Documents
from orchestrator.tools.files.listing import Listing, listed
from orchestrator.tools.files.reading import FileRead, read
from orchestrator.tools.files.search import Found, search
from orchestrator.tools.files.writing import Written, ends_with, write
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples.files import LIST_DIRECTORY, READ_FILE, SEARCH_FILES, WRITE_FILE
from orchestrator.tools.workspace import Workspace

FilePath = Annotated[str, Meta(description="path of a file in the workspace", min_length=1)]
FolderPath = Annotated[str, Meta(description="path of a folder in the workspace; '.' is the workspace")]


def _read_file(documents: Documents | None) -> Tool:
    @tool(
        category="files",
        origin="file",
        examples=READ_FILE,
        answers={
            "en": "{path}[ ({pages|page|pages})]:\n{content}[\n({note})]",
            "fr": "{path}[ ({pages|page|pages})] :\n{content}"
            "[\n(binaire, {size:bytes}, {kind} : non affiché)|\n({note:word})]",
        },
    )
    async def read_file(
        path: FilePath,
        context: Context,
        start_line: Annotated[int, Meta(description="the first line to read, from 1", ge=1)] = 1,
        max_lines: Annotated[Annotated[int, Meta(ge=1)] | None, "how many lines to read; all when not given"] = None,
    ) -> FileRead:
        """Read a file of the workspace, whole or some of its lines: text, PDF, Word, PowerPoint, OpenDocument."""
        found = await asyncio.to_thread(read, Workspace(context.workspace), path, start_line, max_lines)
        if documents is None or found.kind not in KINDS:
            return found
        return await documents.read(context, found, start_line, max_lines)

    return read_file


async def _reconcile_write(arguments: Arguments, context: Context) -> Result | None:
    """Overwriting: the file says whether it was done. Adding: it says only when it was not."""
    workspace, path, content = Workspace(context.workspace), arguments["path"], arguments["content"]
    found = ends_with(workspace, path, content, whole=not arguments["append"])
    if found is None:
        return None
    if arguments["append"]:
        raise ToolFailed(f"{path!r} ends with this text, but it cannot be known whether this call added it.")
    return Result(str(found), found.data())


@tool(
    scope="write",
    effects="once",
    category="files",
    examples=WRITE_FILE,
    answers={
        "en": "Written: {path} ({size:bytes}).",
        "fr": "Écrit : {path} ({size:bytes}).",
    },
    reconcile=_reconcile_write,
)
def write_file(
    path: FilePath,
    content: Annotated[str, "the text to write"],
    context: Context,
    append: Annotated[bool, "add at the end, on a new line, instead of replacing what is there"] = False,
) -> Written:
    """Write a text file in the workspace, replacing it or adding at its end; folders are made as needed."""
    return write(Workspace(context.workspace), path, content, append)


@tool(
    category="files",
    origin="file",
    examples=LIST_DIRECTORY,
    answers={
        "en": "{path:folder} [has {count|entry|entries}:\n{entries.name}|is empty.][\n\n({note})]",
        "fr": "{path:folder} [contient {count|élément|éléments} :\n{entries.name}|est vide.][\n\n({note:word})]",
    },
)
def list_directory(
    context: Context,
    path: FolderPath = ".",
    recursive: Annotated[bool, "also what is in its folders"] = False,
) -> Listing:
    """List the files and folders of a folder of the workspace."""
    return listed(Workspace(context.workspace), path, recursive)


@tool(
    category="files",
    origin="file",
    examples=SEARCH_FILES,
    answers={
        "en": "[{count|line|lines} found:\n{*matches `{path}:{line}`: {text}*}|{count|file|files} found:\n{files.path}"
        "|Nothing found.][\n\n({note})]",
        "fr": "[{count|ligne trouvée|lignes trouvées} :\n{*matches `{path}:{line}` : {text}*}"
        "|{count|fichier trouvé|fichiers trouvés} :\n{files.path}|Rien trouvé.][\n\n({note:word})]",
    },
)
def search_files(
    context: Context,
    pattern: Annotated[str, Meta(description="glob of the file names: *.py, test_*, docs/**/*.md", min_length=1)] = "*",
    text: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        "words to find in the files, literally; small letters match capitals too",
    ] = None,
    path: FolderPath = ".",
) -> Found:
    """Find files of the workspace by name, by the text they contain, or both."""
    return search(Workspace(context.workspace), pattern, text, path, context.clock)


def tools_at(documents: Documents | None) -> Sequence[Tool]:
    return (_read_file(documents), write_file, list_directory, search_files)


def kit(equipment: Equipment) -> Sequence[Tool]:
    return tools_at(Documents(equipment.sandbox, equipment.settings))


tools = tools_at(None)  # without a sandbox documents are told of, not read
