"""The subcommands of developer programs that stay in the workspace: the table that `developers` reads."""

import re

from orchestrator.policy.shell.words import each

# Subcommands that stay in the workspace, of developer programs that have subcommands; `.` is also none at all.
_SUBCOMMANDS = """
    cargo: build b check c test t run r clippy fmt bench doc tree metadata version clean init new nextest deny
        machete udeps expand llvm-cov tarpaulin package generate-lockfile verify-project pkgid
        locate-project read-manifest help
    go: build test vet fmt run generate list env version doc tool help
    npm: root prefix bin test t tst run run-script start ls list version help outdated init view why explain pkg query
        pack fund restart stop
    pnpm: test t run start ls list build dev lint format typecheck check why outdated
    yarn: test run start build lint list why dev format typecheck check version workspaces info
    bun: test run build
    mvn mvnw: dependency:tree dependency:analyze test compile package verify validate clean
    gradle gradlew: . test build check assemble clean tasks
    ant: . compile test build clean jar dist javadoc
    scala-cli: test compile run fmt
    sbt mill: compile test run clean
    dotnet: build test run format clean list sln
    pip: index list show freeze check --version -V inspect debug
    pip3: list show freeze check --version -V inspect debug
    uv: tree version --version run venv build
    poetry: check show version run build env
    hatch: build test fmt version run dep status project
    pdm: build run list info show
    rye: build run list show test lint fmt
    bundle: exec check list show info --version platform
    pipenv: graph check run --version
    mix: compile test format help run phx.routes phx.server credo dialyzer new deps deps.tree xref do docs
    rebar3: compile ct dialyzer eunit xref tree clean
    dart: analyze compile create doc fix format info run test
    flutter: analyze build create clean devices doctor format gen-l10n run test
    swift: build test run
    stack: build test run ghci clean bench haddock path ls exec
    cabal: build test run clean check bench haddock repl exec
    dune: build test runtest exec fmt clean promote describe top
    gleam: build test run check format clean docs
    zig: build run test fmt cc c++ version env ast-check build-exe build-lib build-obj init
    dub: . build test run lint describe
    spago: build test run bundle-app ls
    elm: make reactor diff bump
    lein: run test compile check repl jar uberjar classpath deps
    crystal: build run spec docs tool init
    rails: about assets:precompile c console db:create db:migrate db:migrate:status db:rollback db:schema:load db:seed
        db:version g generate middleware new notes routes s server stats t test test:all zeitwerk:check
    bazel bazelisk: build test run query cquery aquery info coverage version mod
    buck2: build test run query cquery targets
    pants: test lint fmt check typecheck list package dependencies dependents peek
    turbo: build dev lint ls run test
    nx: affected build format:check graph lint list report run run-many serve show test
    lerna: changed diff list ls run
    ng: build test lint serve generate g e2e extract-i18n version
    vue-cli-service: build serve lint test:unit inspect
    react-scripts: build start test
    next: . build dev start lint info telemetry
    nuxt: . build dev generate preview prepare typecheck analyze info
    astro: build dev check preview sync
    gatsby: build develop serve clean info
    hugo: . build server serve version new list env config
    zola: build serve check init
    storybook: build dev
    cypress: run open info version verify
    playwright: test show-report merge-reports
    prisma: generate validate format version
    drizzle-kit: generate check
    changeset: . add status version
    wasm-pack: build test
    trunk: build serve watch clean
    pre-commit: run sample-config validate-config validate-manifest
    twine: check
    mlflow: ui server
    towncrier: build check create
    maturin: build develop
    dbt: run test build compile parse list ls docs debug seed snapshot source clean show
    dvc: status repro diff dag list metrics params plots add checkout commit init check-ignore exp doctor version
        freeze unfreeze root
    buf: build lint breaking format generate ls-files
    kustomize: build cfg version
    conftest: test verify parse
    opa: test eval check fmt inspect build parse
    promtool: check test
    amtool: check-config
    goreleaser: check build
    rustup: show which toolchain/list target/list component/list --version
    arduino-cli: compile version
    platformio pio: run test check
    pybabel: extract init update compile
    quarto: render check preview
    typst: compile c watch w fonts query
    jupyter: nbconvert notebook lab console run execute trust kernelspec/list --version
"""


def table(text: str) -> dict[str, frozenset[str]]:
    """PROGRAM PROGRAM: WORD WORD/WORD, with what follows on further lines set in deeper."""
    entries = (entry.partition(": ") for entry in text.strip().replace("\n        ", " ").split("\n"))
    return {name: each(words) for names, _, words in entries for name in names.split()}


SAFE_SUBCOMMANDS = table(_SUBCOMMANDS)
# What a task of gradle, sbt or maven does is said by how its name begins.
TASKS = each("ant gradle gradlew mvn mvnw sbt mill")
SAFE_TASK = re.compile(
    r"(test|assemble|build|check|compile|lint|ktlint|detekt|spotless|jacoco|javadoc|dokka|help|bundle|process|generate|"
    r"verify|bench|jmh|clean|classes|dependenc|tasks|projects|properties|package|validate|report|scalafmt|scalastyle|"
    r"format|fmt|project |run$|bootRun|bootJar|jar|display|analyze|tree|doc)[\w-]*(\s[^;!]*)?"
)
