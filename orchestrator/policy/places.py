"""Where a path leads, seen from the workspace: links followed, `..` resolved, nothing opened."""

import re
from fnmatch import fnmatchcase
from os.path import lexists, realpath
from pathlib import Path
from typing import Literal, TypeAlias

from orchestrator.policy.shell.words import ANY, AWAY, FOUND, GLOBS, MADE, SET, STAR, TILDE, marked, uncertain

# made (by the command itself, in /tmp), inside, workspace (the folder itself), private (credentials inside),
# automatic (files that other programs obey), temporary, facts (what every program may know of the machine),
# nowhere (/dev/null and the standard streams), outside, home, system (/ and the folders under it),
# secret (credentials outside), device, found (what a file of the workspace names), unknown (until it runs).
Place: TypeAlias = Literal[
    "made", "inside", "workspace", "private", "automatic", "temporary", "facts", "nowhere",
    "outside", "home", "system", "secret", "device", "found", "unknown",
]  # fmt: skip

_PRIVATE_NAMES = re.compile(
    r"\.env(\.(?!example$|sample$|template$|dist$|test$).+)?|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx|kdbx|jks|keystore)|"
    r"\.netrc|\.pgpass|\.git-credentials|\.htpasswd|\.vault-token|credentials(\.json|\.csv)?|secrets?\.(json|ya?ml|toml|env)|"
    r"\.npmrc|\.pypirc|\.my\.cnf|token\.(txt|json)|service[-_]?account.*\.json|id_(rsa|dsa|ecdsa|ed25519)\.?(bak|old|orig|~)|\.env~|(?!(example|sample|template|test|dist)\.)[\w-]+\.env|"
    r".+\.tfstate(\.backup)?|kubeconfig|\.(bash|zsh|python|psql|mysql|node_repl|sqlite|rediscli)_history|passwords?\.(txt|csv|xlsx|json)|"
    r".+\.(pem|key)\.?(bak|old|txt|~)|\.s3cfg|\.boto|\.dockercfg|\.terraformrc|\.vault_pass\w*|wallet\.dat|\.pgpass|env\.(production|prod)",
    re.IGNORECASE,
)
_PRIVATE_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".password-store", "gcloud"})
_PRIVATE_SAMPLES = (
    ".env",
    "id_rsa",
    "id_ed25519",
    "server.pem",
    "private.key",
    ".netrc",
    ".npmrc",
    ".pypirc",
    "credentials",
    ".ssh",
    ".aws",
)
_AUTOMATIC_FOLDERS = frozenset(
    {".git", ".hg", ".vscode", ".idea", ".husky", ".claude", ".cursor", ".devcontainer", ".cargo", ".bundle", ".direnv"}
)
_AUTOMATIC_NAMES = re.compile(
    r"\.(bashrc|bash_profile|bash_aliases|profile|zshrc|zprofile|zshenv|envrc|gitconfig|gitmodules|npmrc|pypirc|vimrc|exrc|mcp\.json|curlrc|wgetrc|yarnrc|yarnrc\.yml|pnpmfile\.cjs|inputrc|gdbinit|lldbinit|pdbrc|irbrc|Rprofile|condarc|pythonrc(\.py)?|tmux\.conf|screenrc|xinitrc|xprofile)|pip\.conf|"
    r"(site|user)customize\.py|.+\.pth|\.pre-commit-config\.yaml|crontab|authorized_keys"
)
_FACTS = re.compile(
    r"/(usr|bin|sbin|lib|lib32|lib64|sys)(/.*)?|/proc/(cpuinfo|meminfo|loadavg|uptime|version|stat|mounts|filesystems|swaps|diskstats|interrupts|partitions|modules|vmstat|net(/.*)?|(self/|\d+/)(mounts|mountinfo|status|stat|limits|cgroup))|"
    r"/etc/(os-release|lsb-release|debian_version|hostname|timezone|issue|services|protocols|shells|mime\.types|localtime|hosts|resolv\.conf|fstab|nsswitch\.conf|networks|protocols|host\.conf|debconf\.conf|inputrc|motd|ld\.so\.conf|crontab|sysctl\.conf|logrotate\.conf|ssh/sshd?_config|profile|bash\.bashrc)|"
    r"/etc/(nginx|apache2|httpd|systemd|logrotate\.d|sysctl\.d|default|rsyslog\.d|cron\.d|netplan|apt/sources\.list(\.d)?)(/(?!.*(htpasswd|key|pem|secret|pass)).*)?|"
    r"/var/log(/(?!(auth|secure|audit|btmp|faillog|tallylog|private|sudo)).*)?"
)
_NOWHERE = re.compile(r"/dev/(null|zero|full|random|urandom|stdin|stdout|stderr|tty|fd/\d+)|/proc/self/fd/\d+")
_SECRET = re.compile(
    r"/etc/(shadow|gshadow|sudoers|ssl/private|ssh/ssh_host.*key|security|krb5\.keytab)(-|/.*|\.d.*)?|/root(/.*)?|/proc/.*/(environ|mem|maps|fd|root|cwd)(/.*)?|"
    r"/proc/(kcore|kmem)|/var/run/secrets(/.*)?|/run/secrets(/.*)?|.*/\.(ssh|gnupg|aws|kube|docker|password-store)(/.*)?|.*/\.(netrc|pgpass|git-credentials|bash_history|zsh_history)|"
    r".*/\.config/(gh|gcloud|rclone|hub|op|doctl|google-chrome|chromium|BraveSoftware)(/.*)?|.*/\.mozilla(/.*)?|.*/(\.local/share/)?keyrings(/.*)?"
)
_GLOB_TEXT = str.maketrans({STAR: "*", ANY: "?", SET: "["})


_OF_TESTS = re.compile(r"(.*/)?(tests?|specs?|__tests__)/(.+/)?(fixtures?|data|testdata)/(.+/)?token\.(txt|json)")
_RUN_ELSEWHERE = re.compile(
    r"(.*/)?(\.github/workflows/.+|\.circleci/.+|\.woodpecker/.+|\.(gitlab-ci|travis|drone|woodpecker)\.ya?ml|Jenkinsfile|"
    r"(azure|bitbucket)-pipelines\.ya?ml)"
)


def is_private(path: Path | str) -> bool:
    parts = Path(path).parts
    if _OF_TESTS.fullmatch(str(path)):
        return False
    return bool(parts) and (
        bool(_PRIVATE_NAMES.fullmatch(parts[-1])) or not _PRIVATE_FOLDERS.isdisjoint(map(str.lower, parts))
    )


def is_automatic(path: Path | str) -> bool:
    """Whether another program obeys this file without being told to: settings, hooks, profiles."""
    parts = Path(path).parts
    return bool(parts) and (
        bool(_AUTOMATIC_NAMES.fullmatch(parts[-1]))
        or not _AUTOMATIC_FOLDERS.isdisjoint(map(str.lower, parts))
        or bool(_RUN_ELSEWHERE.fullmatch(str(path)))
    )


_REMADE = re.compile(
    r"(.*/)?(__pycache__|\.(pytest|mypy|ruff)_cache|\.hypothesis|\.eslintcache|\.coverage(\.[\w.-]+)?|\.DS_Store|\.nyc_output)"
    r"(/.*)?|(.*/)?[^/]*\.(py[co]|o)"
)


def is_remade(path: str) -> bool:
    """Whether it comes back by itself, where it is needed: caches, and what a compiler or an editor left."""
    return _REMADE.fullmatch(path) is not None and ".." not in path


LONGEST = 4096  # characters of a path


class Places:
    """The map of one call: which folder is the workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = str(workspace)
        self.root = realpath(workspace)
        self.made: frozenset[str] = frozenset()  # files in /tmp that the command itself makes
        self.fresh: frozenset[str] = frozenset()  # files that it writes in the workspace
        self.rebuilt: frozenset[str] = frozenset()  # folders that it deletes, and builds again

    def of(self, path: str, folder: str = "") -> Place:
        """The place of a spelling (see `shell.words`) used in `folder`, which is relative to the workspace."""
        if "\0" in path:
            return "unknown"
        if folder.startswith(TILDE) and not path.startswith(AWAY):
            path, folder = f"{TILDE}/{path}", ""
        if folder.startswith(MADE) and not path.startswith(AWAY):
            path, folder = f"{folder}/{path}", ""
        if path.startswith(MADE):
            plain = not uncertain(path) and MADE not in path[1:] and path[1:2] in ("", "/")
            return "made" if plain and ".." not in path.split("/") else "unknown"
        if path.startswith(TILDE):
            return "secret" if _SECRET.fullmatch("/home" + path[1:]) else "home"
        if FOUND in path and not uncertain(path.replace(FOUND, "")) and not uncertain(folder):
            place = self.of_pattern(path.replace(FOUND, STAR), folder)
            return "found" if path.startswith(FOUND) and place in ("inside", "workspace") else place
        if uncertain(path) or uncertain(folder):
            return "unknown"
        if not marked(path):
            own = any(path == made or path.startswith(f"{made}/") for made in self.made)
            return "made" if own and ".." not in path.split("/") else self.of_plain(path, folder)
        return self.of_pattern(path, folder)

    def of_plain(self, path: str, folder: str = "") -> Place:
        if len(path) > LONGEST:
            return "unknown"  # no system opens it
        if path.startswith("/") and _NOWHERE.fullmatch(path):
            return "nowhere"
        try:
            start = folder if folder.startswith("/") else f"{self.workspace}/{folder}"
            real = realpath(path if path.startswith("/") else f"{start}/{path}")
        except (OSError, ValueError):
            return "unknown"
        place = self.of_real(real)
        return "outside" if place == "temporary" and not path.startswith(("/tmp", "/var/tmp")) else place

    def exists(self, path: str, folder: str = "") -> bool:
        return lexists(Path(self.workspace, folder, path))

    def text(self, path: str, folder: str, most: int) -> str | None:
        """The text of a small file of the workspace; None where it is none. What it says may change before it "
        "is used."""
        try:
            with Path(self.workspace, folder, path).open("rb") as file:
                data = file.read(most + 1)
            return data.decode() if len(data) <= most else None
        except (OSError, ValueError):
            return None

    def of_real(self, real: str) -> Place:
        if real == self.root:
            return "workspace"
        if real.startswith(self.root + "/"):
            inside = real[len(self.root) + 1 :]
            return "automatic" if is_automatic(inside) else "private" if is_private(inside) else "inside"
        if _NOWHERE.fullmatch(real):
            return "nowhere"
        if _SECRET.fullmatch(real):
            return "secret"
        if real.startswith(("/dev/", "/proc/sys")):
            return "device"
        if _FACTS.fullmatch(real):
            return "facts"
        if self.root.startswith(real.rstrip("/") + "/"):
            return "outside" if real.count("/") > 1 else "system"  # what holds the workspace
        if real.startswith(("/tmp/", "/var/tmp/")) or real in ("/tmp", "/var/tmp"):
            return "temporary"
        if real.count("/") == 1 or real.startswith(("/etc/", "/boot/", "/var/", "/opt/", "/srv/")):
            return "system"
        return "outside"

    def of_pattern(self, path: str, folder: str) -> Place:
        if len(path) > LONGEST:
            return "unknown"
        parts = path.split("/")
        first = next((index for index, part in enumerate(parts) if not GLOBS.isdisjoint(part)), None)
        if first is None:
            return "unknown"  # marks of another kind
        if ".." in parts[first:] or any(part[:1] == "." and part[1:2] in GLOBS for part in parts[:-1]):
            return "unknown"  # .* and .? match ..
        base = "/".join(parts[:first]) or ("/" if path.startswith("/") else "")
        place = self.of_plain(base, folder)
        pattern = parts[-1].translate(_GLOB_TEXT)
        private = any(fnmatchcase(sample, pattern) for sample in _PRIVATE_SAMPLES)
        if private and place in ("workspace", "inside") and pattern.strip("*?"):
            return "private"
        if place == "workspace" and (len(parts) - first > 1 or pattern.strip("*?.")):
            return "inside"  # some of it, not all of it
        return place
