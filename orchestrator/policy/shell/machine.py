"""Programs that administer the machine: looking at how it does is unasked, changing it is asked.

What only looks is a table: the first words of a program that change nothing, and the options that change something
after all. What is in no table is asked.
"""

import re
from collections.abc import Callable

from orchestrator.policy.shell import beyond
from orchestrator.policy.shell.arguments import paths
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.looking import LOOKS
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import each, marked, shown, uncertain

_IP_VERBS = each("add a del delete d set s flush f change replace append save restore up down exec netns monitor")
_OF_DEVICES = each("smartctl blkid lsof fuser nvidia-smi losetup swapon findmnt mount zpool hdparm df lsblk")
_STOPS = each("poweroff reboot halt kexec suspend hibernate emergency rescue hybrid-sleep soft-reboot")
_VERSION = each("--version -V --help -h version help")
_OWNING = each("--privileged --pid=host --cap-add=ALL --cap-add=SYS_ADMIN --cap-add=all --userns=host --ipc=host")
_ROOTS_GROUPS = each("sudo wheel root admin docker adm disk lxd")


def looks(segment: Segment) -> bool:
    """Whether it only looks at the machine."""
    program, words = segment.program, segment.arguments
    words = _without_settings(program, words)
    if any(marked(word) for word in words[:1]):
        return False
    plain = [shown(word) for word in words if not word.startswith("-")]
    given = [shown(word) for word in words if word.startswith("-")]
    if len(words) == 1 and words[0] in _VERSION and program not in ("init", "telinit"):
        return True
    table, unknown = LOOKS.get(program), any(marked(word[:1]) for word in words)
    if judge := _OWN_WAYS.get(program):
        return not unknown and judge(plain, given)
    if (
        unknown
        and table is not None
        and (table.unless or table.options or plain[:1] == [] or plain[0] not in table.first)
    ):
        return False
    if table is None or given_any(given, table.unless):
        return False
    if (
        program == "kubectl"
        and "--dry-run=client" in given
        and plain[:1]
        and plain[0] in ("apply", "create", "delete", "run")
    ):
        return True
    if program == "kubectl" and any("secret" in word.lower() for word in plain):
        return False
    if table.options.intersection(given):
        return True
    if table.options and not table.first:
        return False
    if not plain or not table.first:
        return table.alone
    if words[0].startswith("-") and not table.alone:
        return False  # its value could be taken for the subcommand
    return plain[0] in table.first or " ".join(plain[:2]) in table.first


# Options before the subcommand that only say where to look, with their values.
_WHERE = {
    "kubectl": each("-n --namespace --context --cluster"),
    "helm": each("-n --namespace --kube-context"),
    "docker-compose": each("-f --file -p --project-name --profile"),
}


def _without_settings(program: str, words: tuple[str, ...]) -> tuple[str, ...]:
    valued = _WHERE.get(program, frozenset())
    if program in ("docker", "podman") and words[:1] == ("compose",):
        return ("compose", *_without_settings("docker-compose", words[1:]))
    while len(words) > 1 and (words[0] in valued or words[0].startswith("-chdir=")):
        words = words[1 if words[0].startswith("-chdir=") else 2 :]
    return words


def _looks_ip(plain: list[str], given: list[str]) -> bool:
    return not _IP_VERBS.intersection(plain[1:]) and not {"-b", "-batch", "-n", "-netns"}.intersection(given)


def _looks_conda(plain: list[str], given: list[str]) -> bool:
    settings = plain[:1] == ["config"] and bool({"--show", "--show-sources"} & {*given}) and len(given) == 1
    return settings or plain[:1] in (["list"], ["info"], ["compare"]) or plain[:2] == ["env", "list"]


def _looks_sysctl(plain: list[str], given: list[str]) -> bool:
    return not any("=" in word for word in plain) and not given_any(given, each("-w -p --write --load --system -f"))


# Those whose words a table cannot tell.
_OWN_WAYS: dict[str, Callable[[list[str], list[str]], bool]] = {
    "ip": _looks_ip,
    "ifconfig": lambda plain, given: len(plain) <= 1,
    **dict.fromkeys(("conda", "mamba", "micromamba"), _looks_conda),
    "route": lambda plain, given: not plain,
    "mount": lambda plain, given: not plain and set(given) <= {"-l", "-v"},
    "sysctl": _looks_sysctl,
    "service": lambda plain, given: plain[1:] == ["status"] or given == ["--status-all"],
}


def given_any(given: list[str], names: frozenset[str]) -> bool:
    return any(
        word in names or (word.startswith("--") and word.startswith(tuple(n for n in names if n[:2] == "--")))
        for word in given
    )


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    plain = [shown(word) for word in words if not word.startswith("-")]
    if found := _catastrophe(judge, segment, plain):
        return [found]
    if looks(segment) and not shows_environment(segment):
        return looked_at(judge, segment)
    if program == "kill" and words[:1] in (("-0",), ("-l",)):
        return []
    if program == "kill" and (judge.serves or judge.begins) and _OWN_CHILD.fullmatch(segment.text):
        return []
    if shows_environment(segment):
        reason = "The environment of a container usually holds a password or a key, which the model would see."
        return [judge.ask(segment, "reveals_secret", reason, "Ask the person for the one value that is needed.")]
    if program == "gdb" and _inspects(segment):
        return looked_at(judge, segment)
    if program in ("kill", "pkill", "killall", "systemctl", "service") and any(
        "orchestrator" in word for word in plain
    ):
        reason = "This would end or change the server that guards it."
        return [judge.deny(segment, "guard", reason, "Ask the person: they answer on the page or in the terminal.")]
    if program in ("chown", "chgrp", "setfacl", "chattr"):
        found_paths = judge.reach(segment).each("write", paths(program, words, 1))
        if any(finding.verdict == "deny" for finding in found_paths):
            return found_paths
    if program == "crontab" and plain and not {"-l", "-r", "-e"}.intersection(words):
        found_paths = judge.reach(segment).each("read", paths(program, words))
    else:
        found_paths = []
    reason = f"{program} administers the machine, beyond the workspace."
    shape = " ".join([program, *plain[:1]])
    asked = judge.ask(segment, "administration", reason, "Use the tools made for it, or do it yourself.", shape)
    return [*found_paths, asked]


_OWN_CHILD = re.compile(
    r"kill(?:\s+-(?:\w+|s\s+\w+))?"
    r"(?:\s+(?:--\s+)?\"?(?:\$(?:\w+|!|\{\w+\})|\$\(cat [\w./-]+\.pid\)|%\d)\"?)+"
)


def shows_environment(segment: Segment) -> bool:
    """docker inspect --format '{{.Config.Env}}'"""
    shown_words = [shown(word) for word in segment.arguments]
    inspects = segment.program in ("docker", "podman", "nerdctl") and "inspect" in shown_words
    return inspects and any(re.search(r"\.Env\b|\.Config\s*\}", word) for word in shown_words)


_GDB_LOOKS = re.compile(
    r"(run|r|start|c|continue|bt( full)?|backtrace( full)?|where|quit|q|list( \w+)?|frame( \d+)?|info [\w ]+|up|down|"
    r"next|step|finish|thread apply all (bt|backtrace)( full)?|set (pagination|confirm|print \w+|width|height) \w+|"
    r"break [\w.:]+)"
)


def _inspects(segment: Segment) -> bool:
    """gdb that runs a program of the workspace and shows where it stopped."""
    words, behind = segment.arguments, False
    for at, word in enumerate(words):
        told = words[at - 1] in ("-ex", "--ex", "-iex") if at else False
        behind = behind or word == "--args"
        if told and not _GDB_LOOKS.fullmatch(shown(word)):
            return False
        if (
            word.startswith("-")
            and not behind
            and word not in ("-batch", "--batch", "-ex", "-q", "-quiet", "-nx", "--args")
        ):
            return False
    named = [
        word for at, word in enumerate(words) if word[:1] != "-" and (not at or words[at - 1] not in ("-ex", "--ex"))
    ]
    return {"-batch", "--batch"} & {*words} != set() and bool(named) and "/" in named[0] and not marked(named[0])


def looked_at(judge: Judging, segment: Segment) -> list[Finding]:
    """Files and addresses that a program is told to look at, in place of what it would look at by itself."""
    found: list[Finding] = []
    for word in segment.arguments:
        if not uncertain(word):
            found += beyond.fetched(judge, segment, word)
            found += judge.reach(segment).each("use", beyond.led_to(word))
    return [one for one in found if one.code != "device" or segment.program not in _OF_DEVICES]


def _catastrophe(judge: Judging, segment: Segment, plain: list[str]) -> Finding | None:
    program, words = segment.program, [shown(word) for word in segment.arguments]
    if program in ("systemctl", "loginctl") and plain[:1] and plain[0] in _STOPS:
        return judge.deny(
            segment, "destructive_program", f"{program} {plain[0]} stops the machine.", "Ask the person to do it."
        )
    if program in ("kill", "killall", "pkill", "killall5") and (
        (program == "kill" and (plain[-1:] == ["1"] or words[-1:] == ["-1"]))
        or (program == "pkill" and plain[-1:] in (["."], [".*"], [""]))
    ):
        return judge.deny(
            segment, "destructive_program", "This ends every process of the machine.", "Name the process to end."
        )
    if program in ("docker", "podman", "nerdctl") and _owns_the_machine(words):
        reason = "This container would own the whole machine."
        return judge.deny(segment, "escape", reason, "Run the container without these privileges.")
    if program in ("nsenter", "chroot") and (
        "1" in plain or "-t1" in words or "--target=1" in words or plain[:1] in (["/host"], ["/mnt"])
    ):
        return judge.deny(segment, "escape", f"{program} would leave for the machine itself.", "Stay in the workspace.")
    roots = _ROOTS_GROUPS.intersection(part for word in plain for part in word.split(","))
    if program in ("usermod", "gpasswd", "adduser") and roots:
        reason = f"{program} would make somebody an administrator of the machine ({min(roots)})."
        return judge.deny(segment, "escalates", reason, "Ask the person to do it.")
    if program in ("useradd", "usermod") and any(
        word in ("-u0", "--uid=0") or (word in ("-u", "--uid") and words[at + 1 : at + 2] == ["0"])
        for at, word in enumerate(words)
    ):
        return judge.deny(segment, "escalates", f"{program} would make a second root.", "Ask the person to do it.")
    if program in ("zpool", "zfs") and plain[:1] and plain[0] in ("destroy", "labelclear", "rollback"):
        return judge.deny(
            segment, "destructive_program", f"{program} {plain[0]} destroys a file system.", "Ask the person to do it."
        )
    return None


def _owns_the_machine(words: list[str]) -> bool:
    for at, word in enumerate(words):
        both = f"{word}={words[at + 1]}" if at + 1 < len(words) else word
        if "docker.sock" in word or word in _OWNING or both in _OWNING:
            return True
        value = word.partition("=")[2] if word.startswith(("-v=", "--volume=")) else word.removeprefix("-v")
        if value.startswith(("/:", "/etc:", "/root:", "/boot:", "/dev:", "/proc:", "/sys:", "/var/run:", "/run:")):
            return True
        if ("source=/," in word or "src=/," in word) and "type=bind" in word:
            return True
        if word.startswith("--device") and ("/dev/sd" in both or "/dev/nvme" in both or "/dev/mem" in both):
            return True
    return False
