"""Bash itself is the judge: what the policy lets pass is run, and everything that started must have been seen.

Programs are stand-ins that only write down what they were asked; the text holds no path worth anything.
"""

import os
import random
import subprocess
from pathlib import Path

import pytest
from contracts.rule import call_of

from orchestrator.kernel import settings
from orchestrator.policy.decide import Policy
from orchestrator.policy.shell.reader import Reader

BASH = Path("/bin/bash")
FRAGMENTS = """
cat|ls|rm f|frobnicate|cat ../f|cat /nowhere/f|echo hi|wc -l f|X=f; cat $X|X=..|$X|"$X"|cd a|cd ..|cat $(ls)|`ls`|
for i in f a/f|do cat $i|done|if ls|then cat f|fi|(cat f)|{ cat f;}|find . -exec cat {} \\;|xargs cat|
bash -c 'cat f'|<f|>x|>../x|while read l|case f in|f) cat f|esac|[ -f f ]|[[ -f f ]]|env A=1 cat f|"cat"|'f'|\\|"|
'|$'\\x72m'|{f,../f}|{..,f}|*|.*|#|~|$PWD|$HOME|${IFS}|<<EOF|EOF|<<<|<(ls)|$|${|}|((|))|2>&1|&>|!|time|exec|
command|eval|f\\ g|a/f|-l|--|=|$((1+1))|X=(f ../f)|"${X[@]}"|${X[0]}|X=a; |if ls; then X=..; fi|cat $X/f|
X=$X/..|for X in a ..; do|$(basename $X)|$(dirname a/$X)|${X%.*}|$(printf %s $X)|T=$(mktemp -d)|cat $T/f|
trap "cat $T/f" EXIT|for P in cat ls; do $P|sh -c 'cat $1' _
""".replace("\n", "").split("|")
JOINERS = [" ", " ", "", "; ", " && ", " | ", "\n", " || ", " & "]


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A workspace, and beside it stand-ins for programs."""
    workspace, programs = tmp_path / "workspace", tmp_path / "programs"
    (workspace / "a").mkdir(parents=True)
    (workspace / "made").mkdir()
    programs.mkdir()
    for name in ("cat", "ls", "rm", "frobnicate", "wc"):
        program = programs / name
        program.write_text(
            f'#!{BASH}\nprintf "%s\\t" "$PWD" {name} "$@" >> {tmp_path}/log; echo >> {tmp_path}/log\necho f\n'
        )
        program.chmod(0o755)
    for name in ("env", "xargs", "find", "bash", "sh", "mktemp", "basename", "dirname"):
        found = next((Path(folder, name) for folder in ("/usr/bin", "/bin") if Path(folder, name).exists()), None)
        if found is not None:
            (programs / name).symlink_to(found)
    return tmp_path


def unseen(bench: Path) -> list[str]:
    """What was done that the policy must not let pass unasked."""
    workspace, log = bench / "workspace", bench / "log"
    found = []
    for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
        folder, _, rest = line.partition("\t")
        program, *words = rest.split("\t")
        if program in ("rm", "frobnicate"):
            found.append(line)
        for word in words:
            real = os.path.realpath(f"{folder}/{word}")
            if (
                program in ("cat", "wc")
                and not word.startswith(("-", "/dev/fd"))
                and not f"{real}/".startswith(f"{workspace}/")
            ):
                found.append(line)
    found += [str(path) for path in bench.iterdir() if path.name not in ("workspace", "programs", "log")]
    log.unlink(missing_ok=True)
    return found


@pytest.mark.skipif(not BASH.exists(), reason="there is no bash to compare with")
@pytest.mark.parametrize("seed", range(4))
def test_nothing_starts_that_was_not_judged(bench: Path, seed: int) -> None:
    chance, policy, passed = random.Random(seed), Policy(settings.Policy()), 0
    for _ in range(600):
        parts = [chance.choice(FRAGMENTS) for _ in range(chance.randint(1, 6))]
        command = "".join(part + chance.choice(JOINERS) for part in parts)
        call = call_of(bench / "workspace", "execute_command", {"command": command}, "execute", "once")
        if policy.decide(call).verdict != "allow":
            continue
        passed += 1
        (bench / "workspace" / "f").write_text("f\n")
        (bench / "workspace" / "a" / "f").write_text("f\n")
        subprocess.run(
            [BASH, "-c", command],
            cwd=bench / "workspace",
            env={"PATH": str(bench / "programs"), "TMPDIR": str(bench / "workspace" / "made")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
        )
        assert unseen(bench) == [], command
    assert passed > 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        (r"a $'\x62\143\td' $'\u00e9'", ["a", "bc\td", "é"]),
        ("a b'c'\"d\"e", ["a", "bcde"]),
        ('a "$B" ""', ["a", "\ue008", ""]),
        ("a {b,c}d {e}", ["a", "bd", "cd", "{e}"]),
        ("a {b,{c,d}}", ["a", "b", "c", "b", "d"]),  # more than bash makes, never less
        ('a "\\$x \\a \\`"', ["a", "$x \\a `"]),
        ("X='b c'; a $X", ["a", "b", "c"]),
        ("X='b c'; a \"$X\"", ["a", "b c"]),
        ("for x in b c; do a $x; done", ["a", "b", "c"]),
        ("a $(pwd)/b", ["a", "./b"]),
        ("a $PWD$B", ["a", "\ue007"]),
        ("a 'r'\\m", ["a", "rm"]),
        ("a $((1 + 2))", ["a", "0"]),
    ],
)
def test_words_become_what_bash_makes_of_them(text: str, words: list[str]) -> None:
    script = Reader().read(text)
    segment = next(segment for segment in script.segments if segment.program == "a")
    assert [segment.program, *segment.arguments] == words


def test_a_pipeline_says_who_feeds_whom() -> None:
    segments = Reader().read("a | b && c | (d; e) | f").segments
    feeds = {segment.program: [feeder.program for feeder in segment.feeders] for segment in segments}
    assert feeds == {"a": [], "b": ["a"], "c": [], "d": ["c"], "e": ["c"], "f": ["c", "d", "e"]}


def test_folders_are_followed() -> None:
    segments = Reader().read("cd x && a; (cd y; b); c || cd /z; d").segments
    folders = {segment.program: set(segment.folders) for segment in segments if segment.program != "cd"}
    assert folders == {"a": {"x"}, "b": {"", "x", "y", "x/y"}, "c": {"", "x"}, "d": {"", "x", "/z"}}
