"""What of the machine a command may see: programs and libraries, a few harmless files, no secret."""

from collections.abc import Mapping
from pathlib import Path

from orchestrator.kernel.errors import ToolFailed

# Programs and libraries: read-only.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")

# Of /etc only these: nothing with a password, a key or a token in it.
ETC = (
    "/etc/alternatives", "/etc/bash.bashrc", "/etc/ca-certificates", "/etc/debian_version", "/etc/fonts",
    "/etc/group", "/etc/hosts", "/etc/inputrc", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/locale.alias", "/etc/localtime", "/etc/lsb-release", "/etc/magic", "/etc/mime.types", "/etc/nsswitch.conf",
    "/etc/os-release", "/etc/passwd", "/etc/pki/tls/certs", "/etc/profile", "/etc/protocols", "/etc/services",
    "/etc/shells", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/terminfo", "/etc/timezone",
)  # fmt: skip

# What finding a host by its name needs, for programs that were given the network.
RESOLVING = (Path("/etc/resolv.conf"), Path("/etc/gai.conf"), Path("/etc/host.conf"))

# What the kernel tells of itself and of others, beside what it tells to nobody in a namespace (kcore, kmsg).
# To the kernel, the user of a namespace that root made is root.
KERNEL_FACTS = (
    "/proc/interrupts", "/proc/kallsyms", "/proc/key-users", "/proc/keys", "/proc/kpagecgroup", "/proc/kpagecount",
    "/proc/kpageflags", "/proc/latency_stats", "/proc/sched_debug", "/proc/slabinfo", "/proc/timer_list",
    "/proc/vmallocinfo",
)  # fmt: skip

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# Folders that are too wide to be a workspace.
_WIDE = (
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/mnt", "/opt", "/proc", "/root", "/run",
    "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var",
)  # fmt: skip


def environment(home: str, temporary: str) -> Mapping[str, str]:
    """All that a command's environment holds: nothing of the server's."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "HOME": home,
        "TMPDIR": temporary,
        "USER": "agent",
        "EMAIL": "agent@localhost",  # with the name in /etc/passwd: who commits, where the repository does not say
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def shell() -> str:
    """The shell that reads the command: bash where it is, for its syntax is what people and models write."""
    return next((name for name in ("/bin/bash", "/usr/bin/bash") if Path(name).exists()), "/bin/sh")


def confined(workspace: Path) -> Path:
    """The workspace's real path. Raises ToolFailed for a folder that would open the whole machine."""
    real = workspace.resolve()
    if str(real) in _WIDE:
        raise ToolFailed(f"{real} is too wide to be a workspace.", hint="Choose a folder made for the agent.")
    if not real.is_dir():
        raise ToolFailed(f"The workspace {real} is not there.", hint="Make the folder, or choose another.")
    return real
