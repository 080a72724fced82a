"""The git kit: a repository of the workspace looked at, changed, and exchanged with its server.

What keeps it safe is in tools/repository.py.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.cloning import clone, cloned_before
from orchestrator.tools.commits import SEPARATOR, Branch, Branches, Commit, Committed, Log, Status, Told, status_of
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import git as said
from orchestrator.tools.repository import Git, failed, reference
from orchestrator.tools.sandbox.base import Sandbox

Path = Annotated[str, Meta(description="the repository's folder in the workspace", min_length=1)]
Ref = Annotated[str, Meta(description="a branch, tag or commit", min_length=1, max_length=200)]
Secret = Annotated[str | None, "the name of the secret that holds the token for the server"]

_tool = partial(tool, category="git", place="sandbox")


def _git_status(sandbox: Sandbox) -> Tool:
    @_tool(
        origin="file",
        examples=said.GIT_STATUS,
        answers={
            "en": "[On {branch}.][ {ahead} ahead.][ {behind} behind.]\n[{*files {state}: {path}*}|Nothing to commit.]",
            "fr": "[Sur {branch}.][ {ahead} en avance.][ {behind} en retard.]\n"
            "[{*files {state:word} : {path}*}|Rien à valider.]",
        },
    )
    async def git_status(context: Context, path: Path = ".") -> Status:
        """Tell which branch a git repository is on and which files changed."""
        git = await Git(sandbox, context, path).checked()
        return status_of(git.path, await git.done("status", "--porcelain=v2", "--branch", "-z"))

    return git_status


def _git_diff(sandbox: Sandbox) -> Tool:
    @_tool(
        origin="file",
        examples=said.GIT_DIFF,
        answers={"en": "```diff\n[{text}|No difference.]\n```", "fr": "```diff\n[{text}|Aucune différence.]\n```"},
    )
    async def git_diff(
        context: Context,
        path: Path = ".",
        staged: Annotated[bool, "what is staged, instead of what is not yet"] = False,
        since: Annotated[str | None, "compare with this branch or commit"] = None,
    ) -> Told:
        """Show what changed in a git repository, line by line."""
        git = await Git(sandbox, context, path).checked()
        words = ["--staged"] if staged else []
        words += [reference(since)] if since else []
        return Told(git.path, await git.done("diff", "--no-ext-diff", "--no-textconv", *words, "--"))

    return git_diff


def _git_log(sandbox: Sandbox) -> Tool:
    @_tool(
        origin="file",
        examples=said.GIT_LOG,
        answers={
            "en": "[{*commits {date} {author}: {subject}*}|No commits.]",
            "fr": "[{*commits {date} {author} : {subject}*}|Aucun commit.]",
        },
    )
    async def git_log(
        context: Context,
        path: Path = ".",
        limit: Annotated[int, Meta(description="newest commits", ge=1, le=500)] = 20,
        ref: Ref = "HEAD",
    ) -> Log:
        """List the commits of a git repository, newest first."""
        git = await Git(sandbox, context, path).checked()
        form = f"--format=%H{SEPARATOR}%an{SEPARATOR}%aI{SEPARATOR}%s"
        told = await git.run("log", f"-{limit}", form, reference(ref), "--")
        if told.code and "does not have any commits" not in told.wrong and "bad revision 'HEAD'" not in told.wrong:
            raise failed("log", told)
        rows = [line.split(SEPARATOR) for line in told.out.splitlines()]
        return Log([Commit(*row) for row in rows if len(row) == 4])

    return git_log


def _git_show(sandbox: Sandbox) -> Tool:
    @_tool(
        origin="file",
        examples=said.GIT_SHOW,
        answers={"en": "```diff\n{text}\n```", "fr": "```diff\n{text}\n```"},
    )
    async def git_show(context: Context, ref: Ref = "HEAD", path: Path = ".") -> Told:
        """Show one commit of a git repository: who, when, why, and what it changed."""
        git = await Git(sandbox, context, path).checked()
        return Told(git.path, await git.done("show", "--no-ext-diff", "--no-textconv", reference(ref), "--"))

    return git_show


def _git_blame(sandbox: Sandbox) -> Tool:
    @_tool(
        origin="file",
        examples=said.GIT_BLAME,
        answers={"en": "```\n{text}\n```", "fr": "```\n{text}\n```"},
    )
    async def git_blame(
        file: Annotated[str, Meta(description="the file, in the repository", min_length=1)],
        context: Context,
        path: Path = ".",
    ) -> Told:
        """Tell who last changed each line of a file in a git repository."""
        git = await Git(sandbox, context, path).checked()
        return Told(git.path, await git.done("blame", "--date=short", "--no-textconv", "--", file))

    return git_blame


def _git_branches(sandbox: Sandbox) -> Tool:
    @_tool(
        origin="file",
        examples=said.GIT_BRANCHES,
        answers={
            "en": "[{*branches {name}: {subject}*}|No branches.]",
            "fr": "[{*branches {name} : {subject}*}|Aucune branche.]",
        },
    )
    async def git_branches(context: Context, path: Path = ".") -> Branches:
        """List the branches of a git repository."""
        git = await Git(sandbox, context, path).checked()
        form = f"--format=%(refname:short){SEPARATOR}%(HEAD){SEPARATOR}%(contents:subject)"
        rows = [line.split(SEPARATOR, 2) for line in (await git.done("branch", "--all", form)).splitlines()]
        return Branches([Branch(row[0], row[1] == "*", row[2]) for row in rows if len(row) == 3])

    return git_branches


def _git_commit(sandbox: Sandbox) -> Tool:
    async def committed(arguments: Arguments, context: Context) -> Result | None:
        git = await Git(sandbox, context, arguments["path"]).checked()
        return _result(await _committed(git, commit)) if (commit := await git.told()) else None

    @_tool(
        scope="write",
        effects="once",
        examples=said.GIT_COMMIT,
        answers={
            "en": "Committed {id}: {subject} ({files|file|files}).",
            "fr": "Commit {id} : {subject} ({files|fichier|fichiers}).",
        },
        timeout=90.0,
        reconcile=committed,
    )
    async def git_commit(
        message: Annotated[str, Meta(description="what was done, and why", min_length=1, max_length=20_000)],
        context: Context,
        path: Path = ".",
        files: Annotated[list[str] | None, "only these files of the repository; everything when not given"] = None,
    ) -> Committed:
        """Record the changes of a git repository as a commit, new files included."""
        git = await Git(sandbox, context, path).checked()
        await git.done("add", "--all", "--", *(files or ["."]))
        told = await git.run("commit", "--no-verify", "--cleanup=strip", f"--message={message}")
        if told.code:
            if "nothing to commit" in told.out or "nothing added" in told.out:
                hint = "git_status shows what changed."
                raise ToolRetry("There is nothing to commit.", hint=hint, why="nothing_to_commit")
            raise ToolFailed((told.wrong or told.out).strip()[:1000])
        return await _committed(git, "HEAD")

    return git_commit


async def _committed(git: Git, commit: str) -> Committed:
    shown = await git.done("show", "--no-ext-diff", "--no-textconv", "--name-only", "--format=%H%n%s", commit)
    rows = shown.split("\n")
    return Committed(git.path, rows[0], rows[1], len([name for name in rows[2:] if name]))


def _result(found: Committed | Told) -> Result:
    return Result(str(found), msgspec.to_builtins(found))


def _git_switch(sandbox: Sandbox) -> Tool:
    async def switched(arguments: Arguments, context: Context) -> Result | None:
        """A repository that is on the branch was switched to it."""
        git = await Git(sandbox, context, arguments["path"]).checked()
        on = (await git.run("symbolic-ref", "--quiet", "--short", "HEAD")).out.strip()
        return _result(Told(git.path, f"It is on {on}.")) if on == arguments["branch"] else None

    @_tool(
        scope="write",
        effects="once",
        examples=said.GIT_SWITCH,
        answers={"en": "[{text}|Done.]", "fr": "[{text}|C'est fait.]"},
        reconcile=switched,
    )
    async def git_switch(
        branch: Ref,
        context: Context,
        path: Path = ".",
        create: Annotated[bool, "make the branch, from where the repository is now"] = False,
    ) -> Told:
        """Switch a git repository to a branch, or make a new one. Changes that would be lost stop it."""
        git = await Git(sandbox, context, path).checked()
        words = ["--create"] if create else []
        told = await git.run("switch", *words, reference(branch))
        if told.code:
            raise failed("switch", told)
        return Told(git.path, (told.out + told.wrong).strip())

    return git_switch


def _git_merge(sandbox: Sandbox) -> Tool:
    async def merged(arguments: Arguments, context: Context) -> Result | None:
        git = await Git(sandbox, context, arguments["path"]).checked()
        if commit := await git.told():
            return _result(Told(git.path, f"{arguments['branch']} is merged: {commit[:10]}."))
        if (await git.run("rev-parse", "--quiet", "--verify", "MERGE_HEAD")).code == 0:
            raise ToolFailed(f"The merge of {arguments['branch']} was begun and not ended.", hint="git merge --abort")
        return None

    @_tool(
        scope="write",
        effects="once",
        origin="file",
        examples=said.GIT_MERGE,
        answers={"en": "{text}", "fr": "{text}"},
        reconcile=merged,
    )
    async def git_merge(branch: Ref, context: Context, path: Path = ".") -> Told:
        """Merge a branch into the one a git repository is on. Where both changed the same, nothing is merged."""
        git = await Git(sandbox, context, path).checked()
        told = await git.run("merge", "--no-verify", "--no-edit", reference(branch))
        if told.code:
            conflicts = await git.run("diff", "--name-only", "--diff-filter=U")
            await git.run("merge", "--abort")
            both = ", ".join(conflicts.out.split())
            if not both:
                raise failed("merge", told)
            said_so = f"Both branches changed {both}; the repository is as it was."
            raise ToolFailed(said_so, why="merge_conflict", both=both)
        return Told(git.path, told.out.strip())

    return git_merge


def _git_stash(sandbox: Sandbox) -> Tool:
    async def stashed(arguments: Arguments, context: Context) -> Result | None:
        """What was put aside carries the key of its effect; what was to be brought back was noted before."""
        git = await Git(sandbox, context, arguments["path"]).checked()
        if arguments["action"] == "pop":
            return await returned(git)
        kept = (await git.done("stash", "list")).strip()
        put = next((line for line in kept.splitlines() if context.key in line), None)
        return _result(Told(git.path, put)) if put else None

    async def returned(git: Git) -> Result | None:
        noted = await git.told("%gs")
        if noted is None:
            return None
        if noted.split()[-1] not in (await git.done("stash", "list", "--format=%H")).split():
            return _result(Told(git.path, "The changes were brought back."))
        if not await git.done("status", "--porcelain"):
            return None
        raise ToolFailed("The changes are still aside, and may have been brought back in part: git_status shows it.")

    @_tool(
        scope="write",
        effects="once",
        origin="file",
        examples=said.GIT_STASH,
        answers={"en": "[{text}|Nothing.]", "fr": "[{text}|Rien.]"},
        reconcile=stashed,
    )
    async def git_stash(
        context: Context,
        action: Annotated[Literal["push", "pop", "list"], "put changes aside, bring them back, or list them"] = "push",
        path: Path = ".",
    ) -> Told:
        """Put the changes of a git repository aside, or bring them back."""
        git = await Git(sandbox, context, path).checked()
        if action == "pop" and (aside := (await git.run("rev-parse", "--quiet", "--verify", "refs/stash")).out.strip()):
            await git.note(aside)
        words = ["push", "--include-untracked", f"--message=effect {context.key}"] if action == "push" else [action]
        return Told(git.path, (await git.done("stash", *words)).strip())

    return git_stash


def _git_clone(sandbox: Sandbox) -> Tool:
    async def cloned(arguments: Arguments, context: Context) -> Result | None:
        """A clone is put in its place when it is whole."""
        target = cloned_before(context, arguments["url"], arguments["path"])
        if target is None:
            return None
        return _result(Told(target, "It is there."))

    @_tool(
        scope="write",
        effects="once",
        examples=said.GIT_CLONE,
        answers={"en": "Cloned into {path}.", "fr": "Cloné dans {path}."},
        timeout=330.0,
        reconcile=cloned,
    )
    async def git_clone(
        url: Annotated[str, Meta(description="the https address of the repository", min_length=8, max_length=2000)],
        context: Context,
        path: Annotated[str | None, "the new folder; named after the repository when not given"] = None,
        secret: Secret = None,
    ) -> Told:
        """Copy a git repository from its server into a new folder of the workspace."""
        target = await clone(sandbox, context, url, path, secret)
        return Told(target, f"Cloned {url} into {target}.")

    return git_clone


def _git_pull(sandbox: Sandbox) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",
        origin="web",
        examples=said.GIT_PULL,
        answers={"en": "{text}", "fr": "{text}"},
        timeout=330.0,
    )
    async def git_pull(
        context: Context,
        path: Path = ".",
        remote: Annotated[str, "the name of the server"] = "origin",
        secret: Secret = None,
    ) -> Told:
        """Bring a git repository up to date with its server, where nothing of its own stands against it."""
        git = await Git(sandbox, context, path).checked()
        await git.reach(await git.remote(await git.url_of(remote), secret), "fetch", "--no-recurse-submodules", remote)
        here = status_of(git.path, await git.done("status", "--porcelain=v2", "--branch", "-z"))
        upstream = here.upstream or f"{remote}/{here.branch}"
        return Told(git.path, (await git.done("merge", "--no-verify", "--ff-only", reference(upstream))).strip())

    return git_pull


def _git_push(sandbox: Sandbox) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",
        origin="web",
        examples=said.GIT_PUSH,
        answers={"en": "[{text}|Pushed.]", "fr": "[{text}|Envoyé.]"},
        timeout=330.0,
        risks=("sends",),
    )
    async def git_push(
        context: Context,
        path: Path = ".",
        branch: Annotated[str | None, "the one it is on when not given"] = None,
        remote: Annotated[str, "the name of the server"] = "origin",
        secret: Secret = None,
    ) -> Told:
        """Send the commits of a branch of a git repository to its server. Never overwrites what is there."""
        git = await Git(sandbox, context, path).checked()
        name = reference(branch or (await git.done("rev-parse", "--abbrev-ref", "HEAD")).strip())
        server = await git.remote(await git.url_of(remote), secret)
        words = ("push", "--no-verify", "--set-upstream", remote, f"refs/heads/{name}:refs/heads/{name}")
        return Told(git.path, await git.reach(server, *words))

    return git_push


def kit(equipment: Equipment) -> Sequence[Tool]:
    makers = (
        _git_status,
        _git_diff,
        _git_log,
        _git_show,
        _git_blame,
        _git_branches,
        _git_commit,
        _git_switch,
        _git_merge,
        _git_stash,
        _git_clone,
        _git_pull,
        _git_push,
    )
    return [make(equipment.sandbox) for make in makers]
