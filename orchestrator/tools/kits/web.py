"""The web kit: searched through an engine of the owner's choice, pages read as clean text, files saved here.
See tools/web.py for what is refused."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Arguments
from orchestrator.policy.marks import marked
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.downloading import Download, Downloaded, target
from orchestrator.tools.files.documents import Documents
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import web as said
from orchestrator.tools.pages.engines import AGENT, Engine, Hit, engine
from orchestrator.tools.pages.reading import MOST, Article, Reading
from orchestrator.tools.pages.robots import Robots
from orchestrator.tools.web import reach
from orchestrator.tools.workspace import Workspace


class Found(msgspec.Struct, frozen=True):
    query: str
    engine: str
    results: list[Hit]

    def __str__(self) -> str:
        lines = [f"{hit.title}\n{hit.url}{f' ({hit.date})' if hit.date else ''}\n{hit.text}" for hit in self.results]
        return "\n\n".join(lines) or "Nothing found."


def kit(equipment: Equipment) -> Sequence[Tool]:
    settings = equipment.settings
    documents = Documents(equipment.sandbox, settings)
    return (*tools_of(engine(settings.search), documents), _download_file(settings.file_mb * 2**20))


def tools_of(chosen: Engine, documents: Documents | None = None) -> Sequence[Tool]:
    robots = Robots()

    @tool(
        category="web",
        origin="web",
        examples=said.WEB_SEARCH,
        answers={
            "en": "[{*results {title}: {url}\n  {text}*}|Nothing found.]",
            "fr": "[{*results {title} : {url}\n  {text}*}|Rien trouvé.]",
        },
        timeout=40.0,
    )
    async def web_search(
        query: Annotated[str, Meta(description="what to look for, in a few words", min_length=1, max_length=400)],
        context: Context,
        limit: Annotated[int, Meta(description="results at most", ge=1, le=20)] = 8,
    ) -> Found:
        """Search the web: titles, addresses and a few words of each page. read_page reads one."""
        return Found(query, chosen.name, await chosen.search(query, limit, context))

    @tool(
        category="web",
        origin="web",
        examples=said.READ_PAGE,
        answers={
            "en": "**{title}**[ ({date})][\n{source}]\n{url}\n\n{text}[\n\n({note})]",
            "fr": "**{title}**[ ({date})][\n{source}]\n{url}\n\n{text}[\n\n({note})]",
        },
        timeout=75.0,
    )
    async def read_page(
        url: Annotated[str, Meta(description="an http or https address", min_length=4, max_length=4096)],
        context: Context,
        max_characters: Annotated[int, Meta(description="of the text, at most", ge=200, le=MOST)] = 15_000,
    ) -> Article:
        """Read a web page as clean text, with its title, source, date and links."""
        address = written_out(url)
        if not await robots.allows(address, context):
            said = f"The site of {address[:200]} does not let programs read this page (robots.txt)."
            raise ToolFailed(said, why="robots", address=address[:200])
        reading = Reading(documents, max_characters)
        return await reach(address, "GET", {"User-Agent": AGENT}, None, context.allow_loopback, reading.read)

    return (web_search, read_page)


async def _reconcile_download(arguments: Arguments, context: Context) -> Result | None:
    """What is put in place whole, where nothing was, did happen if it is there and says whose it is."""
    workspace, url = Workspace(context.workspace), written_out(arguments["url"])
    name = target(workspace, url, arguments["path"])
    found = workspace.stat(name)
    if found is None or arguments["overwrite"]:
        return None
    if not marked(context.workspace, name):
        raise ToolFailed(f"{name!r} is there, and does not say that it was downloaded.")
    saved = Downloaded(name, found.st_size, "", url)
    return Result(str(saved), msgspec.to_builtins(saved))


def _download_file(largest: int) -> Tool:
    @tool(
        scope="write",
        effects="once",
        category="web",
        origin="web",
        examples=said.DOWNLOAD_FILE,
        answers={
            "en": "Saved: {path} ({size:bytes}[, {media_type}]).[ What was there before is in the trash: {trash}.]",
            "fr": "Enregistré : {path} ({size:bytes}[, {media_type}])."
            "[ Ce qui y était avant est à la corbeille : {trash}.]",
        },
        timeout=600.0,
        reconcile=_reconcile_download,
    )
    async def download_file(
        url: Annotated[str, Meta(description="an http or https address", min_length=4, max_length=4096)],
        context: Context,
        path: Annotated[
            Annotated[str, Meta(min_length=1)] | None,
            "a file of the workspace, or a folder that takes it in; the name in the address when not given",
        ] = None,
        overwrite: Annotated[bool, "replace a file that is there; it goes to the trash"] = False,
    ) -> Downloaded:
        """Download a file from the web into the workspace, whatever it is: a document, a picture, data, an archive."""
        return await Download(context, url, path, overwrite=overwrite, largest=largest).save()

    return download_file
