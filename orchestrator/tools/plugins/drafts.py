"""Tools that somebody drafted and nobody approved yet: files in `drafts` of the tools' folder, which nothing loads.

Covers: what is approved is what was looked at, by its digest; a draft takes no name that is taken. Does not cover what
the code does once it is approved: it runs confined like every tool of one's own.
"""

import ast
import hashlib
import keyword
import re
from pathlib import Path

from msgspec import Struct

from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound

FOLDER = "drafts"
_LONGEST = 100_000  # characters of a file
_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")


class Draft(Struct, frozen=True):
    name: str
    code: str
    test: str
    digest: str  # sha256 of the code, in hexadecimal

    @property
    def file(self) -> str:
        return f"{self.name}.py"


class Drafts:
    def __init__(self, folder: Path) -> None:
        """The tools' folder."""
        self.folder = folder
        self._drafts = folder / FOLDER

    def write(self, name: str, code: str, test: str) -> Draft:
        """Keep it. Raises InvalidInput, or Conflict where there is such a file already."""
        check(name, code)
        file = self._drafts / f"{name}.py"
        if file.exists() or (self.folder / file.name).exists():
            raise Conflict(f"There is a tool or a draft {name} already.", hint="Choose another name, or discard it.")
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(self._test(name), test)
        _put(file, code)  # last: a draft that is there is whole
        return self.get(name)

    def names(self) -> list[str]:
        return sorted(file.stem for file in self._drafts.glob("*.py") if not file.name.startswith(("test_", ".")))

    def get(self, name: str) -> Draft:
        """Raises NotFound."""
        known(name)
        try:
            data = (self._drafts / f"{name}.py").read_bytes()
            test = self._test(name).read_text("utf-8") if self._test(name).exists() else ""
        except OSError:
            raise NotFound(f"There is no draft {name!r}.", hint="orchestrator tools drafts") from None
        return Draft(name, data.decode("utf-8", "replace"), test, hashlib.sha256(data).hexdigest())

    def approve(self, name: str, digest: str) -> Path:
        """The file, now a tool of the folder. Raises NotFound; Conflict where it is not what was looked at."""
        draft = self.get(name)
        if draft.digest != digest:
            raise Conflict(f"The draft {name} is not what you looked at.", hint="Look at it once more.")
        file = self.folder / draft.file
        if file.exists():
            raise Conflict(f"{file} is there already.", hint="Discard the draft, or move that file away.")
        if draft.test:
            _put(self.folder / f"test_{name}.py", draft.test)
        _put(file, draft.code)  # what was looked at, whatever happens to the draft meanwhile
        self.discard(name)
        return file

    def withdraw(self, draft: Draft) -> None:
        """A tool that was approved and is of no use is a draft again."""
        for name in (draft.file, f"test_{draft.file}"):
            (self.folder / name).unlink(missing_ok=True)
        self.write(draft.name, draft.code, draft.test)

    def discard(self, name: str) -> None:
        """Raises NotFound."""
        draft = self.get(name)
        self._test(name).unlink(missing_ok=True)
        (self._drafts / draft.file).unlink(missing_ok=True)

    def _test(self, name: str) -> Path:
        return self._drafts / f"test_{name}.py"


def known(name: str) -> None:
    """Raises InvalidInput for what cannot be the name of a tool."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name.startswith("test_"):
        raise InvalidInput(
            f"{name[:100]!r} cannot be the name of a tool.", hint="Small letters, digits and _: roll_die."
        )


def check(name: str, code: str) -> None:
    """Raises InvalidInput unless it is Python with a function of this name."""
    known(name)
    if len(code) > _LONGEST:
        raise InvalidInput(f"A tool has at most {_LONGEST} characters.")
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        raise InvalidInput(f"This is no Python: {error}.") from None
    if not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in tree.body):
        raise InvalidInput(f"It has no function called {name}.", hint=f"Write: @tool(…) def {name}(…) -> …")


def _put(file: Path, text: str) -> None:
    beside = file.with_suffix(".writing")
    beside.write_text(text, "utf-8")
    beside.replace(file)
