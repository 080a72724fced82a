"""Subcommands of developer programs that do not stay in the workspace: what fetches, publishes, installs or runs more.

Whatever else a program of a project is told to do happens in the sandbox, without network, among the workspace's own
files; so it is these few words that are asked about, and no list of the others is kept.
"""

import re

from orchestrator.policy.shell.words import each, table

# Programs whose first word says what they do.
MANAGERS = each(
    "cargo go npm pnpm yarn bun mvn mvnw gradle gradlew ant scala-cli sbt mill dotnet pip pip3 uv poetry hatch pdm rye "
    "bundle pipenv mix rebar3 dart flutter swift stack cabal dune gleam zig dub spago elm lein crystal rails bazel "
    "bazelisk buck2 pants turbo nx lerna ng vue-cli-service react-scripts next nuxt astro gatsby hugo zola storybook "
    "cypress playwright prisma drizzle-kit changeset wasm-pack trunk pre-commit twine mlflow towncrier maturin dbt dvc "
    "buf kustomize conftest opa promtool amtool goreleaser rustup arduino-cli platformio pio pybabel quarto typst "
    "jupyter composer"
)
_ACTS = each(
    "install uninstall add remove rm i un update upgrade up get sync tidy download fetch publish unpublish release "
    "push pull deploy upload login logout adduser token owner access deprecate yank dist-tag dlx x create "
    "create-project require explore set set-script link unlink global self self-update gc prune eval shell "
    "autoupdate try-repo wheel edit purge exec restore cmd script"
)
_GROUPS = each(
    "mod env tool tools cache pub package packages pip stage audit new sln nuget archive deps remote pkg lib component "
    "target toolchain override workload work store plugin plugins profile hook local hex db database migrate"
)
_CLEANS = each("clean clear drop delete destroy fix reset")
_OF_ONE = table("""
    dbt: deps run-operation
    dvc: run remove gc config stage import
    rails: dbconsole db
    uv: tool
    bundle: clean open init inject
    mix: archive escript
    jupyter: server
    go: bug telemetry
    npm: ci it install-test rebuild star
    yarn: ci
    pnpm: ci env patch-remove
    pip pip3: config
    swift: package
    prisma: studio
""")
_STAYS = each(
    "dvc/add changeset/add dart/create flutter/create towncrier/create pybabel/update jupyter/console dvc/remote/list "
    "npm/pkg/get bundle/exec stack/exec dune/exec cabal/exec swift/package/describe swift/package/show-dependencies"
)
# What a task of gradle, sbt or maven does is said by how its name begins.
_TASKS = each("ant gradle gradlew mvn mvnw sbt mill")
_TASK = re.compile(r"(publish|install|deploy|upload|release|push|sign|close|wrapper|init|exec|sonar|docker|jib)", re.I)
_OFFLINE = each("--no-index --offline --local")


def consequent(program: str, plain: list[str], words: tuple[str, ...]) -> str:
    """The subcommand of a manager that a person should be asked about; "" where there is none."""
    if not plain:
        bare = program in ("yarn", "bundle") and not {"--version", "-v", "--help", "-h"} & {*words}
        return "install" if bare else ""
    if program in _TASKS:
        return next(filter(_beyond, plain), "")
    first, *behind = plain
    if any("/".join((program, *plain[:count])) in _STAYS for count in (2, 1)):
        return ""
    if first == "config":
        looks = not behind or behind[0] in ("get", "list", "ls", "show") or "--list" in words
        return "" if looks or (len(behind) == 1 and program == "bundle") else first
    if {first, *re.split("[:.]", first)[-1:]} & _ACTS or first in _OF_ONE.get(program, ()):
        return first
    if first in _GROUPS and (acts := [word for word in behind[:2] if word in _ACTS | _CLEANS]):
        return f"{first} {acts[0]}"
    return ""


def offline(program: str, plain: list[str], words: tuple[str, ...]) -> bool:
    """Whether what it installs lies here already, and goes where a command may write."""
    installs = plain[:1] in (["install"], ["sync"]) or (program == "uv" and plain[:2] == ["pip", "install"])
    return installs and program in ("pip", "pip3", "uv", "bundle") and bool(_OFFLINE.intersection(words))


def _beyond(task: str) -> bool:
    """org.x:y:run, publishToMavenLocal: a plugin named in full may be anything."""
    of, _, name = task.rpartition(":")
    return "." in of or of == "archetype" or bool(_TASK.match(name) or re.search(r"[;!&|`]", task))
