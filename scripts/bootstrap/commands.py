"""The commands of `./run`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scripts.bootstrap import environment
from scripts.bootstrap.environment import Environment
from scripts.bootstrap.steps import SetupFailed, Steps, advice

if TYPE_CHECKING:
    from scripts.bootstrap.web import Web

ROOT = Path(__file__).resolve().parents[2]
PROOFS = "tests/crash/proofs.py"  # nothing twice, nothing lost
SERVED = ("--port", "--host", "--open")  # said to nothing in particular, they are said to the server
SHARED = ("--data", "--workspace", "--config")  # so are these, where no command follows
WORKERS = 4  # processes that the tests share, at most: each starts the servers it needs

HELP = """\
./run                start the server; sets up what is missing first
./run --port 8001    the same at another port; --workspace FOLDER: agents work there; ./run serve --help says more
./run test …         every test; with arguments, pytest with those arguments
./run lint           ruff, mypy, and the floors of the house (import-linter)
./run bench …        the benchmarks, or those named; results in benchmarks/results/
./run proofs         kill it everywhere and count what was done: the table; --instants 20 for a shorter one
./run setup          set everything up, start nothing
./run web            build the web app anew
./run lock           choose the versions of every dependency anew
./run clean          remove what setting up made; your data stays
./run help           this text
./run COMMAND …      any command of orchestrator: ./run chat, ./run doctor, ./run run "a goal"
"""


class Setup:
    """The checkout, and how to bring it to a state."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = environment.with_caches(environment.without_environment(os.environ), root)
        self.steps = Steps(root / "build" / "setup.log", self.environ)
        self.environment = Environment(root, self.environ, self.steps)

    def ensure(self, *, developer: bool = False, web: bool = True) -> None:
        from scripts.bootstrap.web import Web

        app = Web(self.environment, self.environ, self.steps)

        def ready() -> bool:
            return self.environment.ready(developer) and (not web or app.ready())

        if ready():
            return
        with locked(self.root / "build" / "setup.lock", self.steps):
            if ready():  # another start did it meanwhile
                return
            started = time.monotonic()
            self.steps.say(f"Setting up AI Orchestrator (all output: {self.steps.log})")
            if not self.environment.ready(developer):
                self.environment.prepare(developer)
            if web and not app.ready():
                app.build_if_possible()
            self.steps.say(f"  =  ready after {time.monotonic() - started:.1f} s")

    def python(self, *arguments: str | Path) -> int:
        environ = {
            **self.environ,
            "PATH": f"{self.environment.folder / 'bin'}{os.pathsep}{self.environ.get('PATH', '')}",
        }
        return subprocess.run([self.environment.python, *arguments], cwd=self.root, env=environ, check=False).returncode

    def tool(self, *command: str) -> int:
        self.steps.say(f"  ·  {' '.join(command)}")
        return subprocess.run(
            [self.environment.folder / "bin" / command[0], *command[1:]], cwd=self.root, env=self.environ, check=False
        ).returncode


@contextmanager
def locked(path: Path, steps: Steps) -> Iterator[TextIO]:
    """Two starts at once: the second waits, then finds everything done."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            steps.say("  …  Another ./run is setting up this folder; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def product(setup: Setup, arguments: list[str]) -> int:
    setup.ensure(web=arguments[0] == "serve")
    program = environment.executable(setup.environment)
    sys.stdout.flush()
    os.execv(program, [program, *arguments])


def prepare(setup: Setup, _: list[str]) -> int:
    setup.ensure()
    return 0


def web(setup: Setup, _: list[str]) -> int:
    from scripts.bootstrap.web import Web

    setup.ensure(web=False)
    app = Web(setup.environment, setup.environ, setup.steps)
    if not app.exists():
        raise SetupFailed("There is no web/package.json in this checkout.")
    with locked(setup.root / "build" / "setup.lock", setup.steps):
        app.build()
    return 0


def test(setup: Setup, arguments: list[str]) -> int:
    from scripts.bootstrap import debian
    from scripts.bootstrap.web import Web

    setup.ensure(developer=True)
    if arguments:
        ours = ("-c", ROOT / "pyproject.toml", "--rootdir", ROOT)  # also for tests elsewhere: of a tool of one's own
        return setup.python("-m", "pytest", *ours, *arguments)
    debian.install(setup.steps, setup.environ)
    beside = ("-n", str(min(os.cpu_count() or 1, WORKERS)), "--dist", "worksteal")
    with ThreadPoolExecutor(1) as aside:
        web = aside.submit(_test_web, setup, Web(setup.environment, setup.environ, setup.steps))
        code = setup.python("-m", "pytest", *beside)
        failed = web.result()
    for script, said in failed.items():
        setup.steps.say(f"\n  ✗  npm run {script}\n{said}")
    if code:
        setup.steps.say("\n  ✗  Tests failed: see the short summary above.")
    if failed:
        setup.steps.say(f"\n  ✗  The web app's own tests failed (above): npm run {', '.join(failed)}.")
    if not code and not failed:
        setup.steps.say("\n  ✓  All tests passed.")
    return code or int(bool(failed))


def _test_web(setup: Setup, app: "Web") -> dict[str, str]:
    """The scripts that failed, or could not be run, and what they said."""
    failed = {}
    for script in app.tests():
        try:
            code, said = app.test(script)
        except SetupFailed as problem:
            code, said = 1, f"{problem} {problem.advice}"
        if code:
            failed[script] = said
    return failed


def lint(setup: Setup, _: list[str]) -> int:
    setup.ensure(developer=True, web=False)
    commands = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports",),
    )
    return max(setup.tool(*command) for command in commands)


def benchmarks(root: Path) -> list[str]:
    """The modules of benchmarks/ that run as programs and report figures."""
    found = [*(root / "benchmarks").glob("*.py"), *(root / "benchmarks").glob("*/__main__.py")]
    reports = [path for path in found if "from benchmarks.report import" in path.read_text("utf-8")]
    return sorted(path.parent.name if path.stem == "__main__" else path.stem for path in reports)


def bench(setup: Setup, arguments: list[str]) -> int:
    setup.ensure(developer=True, web=False)
    found = benchmarks(setup.root)
    unknown = [name for name in arguments if name not in found]
    if unknown:
        raise SetupFailed(f"There is no benchmark {unknown[0]}.", f"There are: {', '.join(found)}.")
    failed = []
    for name in arguments or found:
        setup.steps.say(f"  ·  {name}")
        if setup.python("-m", f"benchmarks.{name}"):
            failed.append(name)
    if failed:
        setup.steps.say(f"  ✗  These benchmarks failed: {', '.join(failed)}.")
    return int(bool(failed))


def proofs(setup: Setup, arguments: list[str]) -> int:
    setup.ensure(developer=True, web=False)
    return setup.python(PROOFS, *arguments)


def lock(setup: Setup, _: list[str]) -> int:
    setup.ensure(developer=True, web=False)
    setup.environment.lock()
    setup.ensure(developer=True, web=False)
    return 0


def clean(setup: Setup, _: list[str]) -> int:
    environment.clean(setup.root)
    setup.steps.say("Removed the environment, the web build and the caches. Your data is untouched.")
    return 0


def show_help(_: Setup, __: list[str]) -> int:
    sys.stdout.write(HELP)
    return 0


COMMANDS: dict[str, Callable[[Setup, list[str]], int]] = {
    "bench": bench,
    "clean": clean,
    "help": show_help,
    "lint": lint,
    "lock": lock,
    "proofs": proofs,
    "setup": prepare,
    "test": test,
    "web": web,
}


def to_serve(arguments: list[str]) -> bool:
    """Whether no command is named."""
    rest = list(arguments)
    while rest and rest[0].partition("=")[0] in SHARED:
        del rest[: 1 if "=" in rest[0] else 2]
    return not rest or rest[0].partition("=")[0] in SERVED


def main(arguments: list[str]) -> int:
    setup = Setup(ROOT)
    if to_serve(arguments):
        arguments = ["serve", *arguments]
    name = "help" if arguments[0] in ("-h", "--help") else arguments[0]
    try:
        if name in COMMANDS:
            return COMMANDS[name](setup, arguments[1:])
        return product(setup, arguments)
    except SetupFailed as failed:
        setup.steps.say(f"\n{failed}")
        if failed.advice:
            setup.steps.say(f"What to do: {failed.advice}")
        return 1
    except OSError as error:
        setup.steps.say(f"\nA file cannot be read or written: {error}.")
        setup.steps.say(f"What to do: {advice(str(error)) or 'Look at that file, then start again.'}")
        return 1
    except KeyboardInterrupt:
        setup.steps.say("\nInterrupted. Nothing is broken: start again to go on.")
        return 130
