"""One frozen settings object, its sections named as rooms: defaults < file < environment < flags.

This is the only module that reads the environment. A room is handed its own section.
Environment names are `ORCHESTRATOR_<SECTION>_<FIELD>`; the well-known names of providers' keys
(`OPENAI_API_KEY`, `OLLAMA_HOST`, …) are understood too.
"""

import os
import pwd
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from orchestrator.kernel.errors import InvalidSettings
from orchestrator.kernel.hosts import Host
from orchestrator.kernel.messages import Language
from orchestrator.kernel.outside import Services
from orchestrator.kernel.secret import Secret as Secret
from orchestrator.kernel.sinks import Sink

Count: TypeAlias = Annotated[int, Meta(ge=1)]
Amount: TypeAlias = Annotated[float, Meta(gt=0)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Capability: TypeAlias = Literal["chat", "tools", "vision", "thinking", "embeddings", "schema"]


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000  # 0 takes a free one
    allowed_hosts: tuple[str, ...] = ()  # names this server answers to, besides loopback and `host`
    max_body: Count = 10 * 2**20  # bytes
    shutdown_seconds: Annotated[float, Meta(ge=0)] = 2.0


class Storage(Struct, frozen=True, forbid_unknown_fields=True):
    url: Secret = Secret("")  # postgresql://…; empty: one SQLite file in the data folder
    connections: Count = 8  # to PostgreSQL at most, for questions; the journal has its own
    timeout: Amount = 10.0  # seconds that PostgreSQL may take to answer


class Journal(Struct, frozen=True, forbid_unknown_fields=True):
    batch: Count = 512  # events in one commit at most
    encrypt: bool = True  # bodies, with a key for each subject; without is a loosening
    archive_days: Annotated[float, Meta(ge=0)] = 0.0  # finished runs older than this are archived; 0: never
    master_key: Secret = Secret("")  # 64 hexadecimal digits; empty: the file master.key of the data folder
    sinks: dict[str, Sink] = msgspec.field(default_factory=dict)  # who is told of every event, by name


class Cluster(Struct, frozen=True, forbid_unknown_fields=True):
    """Many servers on one PostgreSQL; without it there is only this one, and nothing of this counts."""

    shared: str = ""  # a folder that every server sees, for artifacts and keys; empty: the data folder
    lease_seconds: Annotated[float, Meta(ge=0.5)] = 3.0  # a server that is silent for so long is given up
    works: bool = True  # a server that does not only answers people, and leaves the work to others
    drain_seconds: Annotated[float, Meta(ge=0)] = 10.0  # one that stops lets a step come to its end for so long
    nats: tuple[str, ...] = ()  # NATS servers for what is live, nats://…; empty: PostgreSQL's own notices
    name: str = "orchestrator"  # of this installation, on a NATS that others use too
    url: str = ""  # where people reach this server; empty: where it listens


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    session_days: Amount = 30.0
    access_minutes: Amount = 60.0
    refresh_days: Amount = 7.0
    link_minutes: Amount = 30.0  # a sign-in link works once, for so long
    attempts: Count = 5  # failed sign-ins before a pause
    pause_seconds: Annotated[float, Meta(ge=0)] = 60.0


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    programs: tuple[str, ...] = ()  # further programs that run unasked
    hosts: tuple[str, ...] = ()  # hosts that http_request may reach unasked
    allow_loopback: bool = False  # loosening: http_request may reach this machine
    approve_all: bool = False  # loosening: nothing is asked
    pay_limit: Annotated[float, Meta(ge=0)] = 0.0  # what a call may pay where a person said yes beforehand
    # Orders in what strangers wrote: kept from the model, shown as a quotation, or (loosening both) left as they are.
    screen: Literal["withhold", "mark", "off"] = "withhold"


class McpServer(Struct, frozen=True, forbid_unknown_fields=True):
    """A server of the Model Context Protocol: a program that is started here, or an address. See docs/mcp.md."""

    command: tuple[str, ...] = ()  # the program and its arguments
    url: str = ""
    environment: dict[str, str] = msgspec.field(default_factory=dict)  # {{secret:NAME}} stands for a secret
    headers: dict[str, str] = msgspec.field(default_factory=dict)  # as well
    client_id: str = ""  # as which this installation was registered, where somebody signs in; or an https address
    client_secret: str = ""  # that was given with it: {{secret:NAME}}
    readable: tuple[str, ...] = ()  # files and folders that the program may read, beyond its own folder
    workspace: bool = False  # the program works in the agents' workspace instead of a folder of its own
    network: bool = False  # loosening: the program reaches what this machine reaches
    trusted: bool = False  # loosening: what it says of its tools (that they only look) is believed
    seconds: Amount = 60.0  # that a call may take


class Tools(Struct, frozen=True, forbid_unknown_fields=True):
    timeout: Amount = 30.0  # seconds a command may take
    output_limit: Count = 20_000  # characters of a result that a model sees; the rest is an artifact
    memory_mb: Count = 2048
    processes: Count = 256
    file_mb: Count = 1024
    sandbox: str = "auto"  # auto: the strongest this machine allows; bubblewrap, landlock; none is a loosening
    omit: tuple[str, ...] = ()  # kits of the product that agents do not get
    always: tuple[str, ...] = ()  # kits, categories or tools that every model is offered, whatever is asked; "*": all
    search: str = "duckduckgo"  # the engine of web_search: duckduckgo, brave, or the address of a SearXNG
    docker: str = "unix:///var/run/docker.sock"  # where Docker listens
    hosts: dict[str, Host] = msgspec.field(default_factory=dict)  # machines that agents may ask to work on, by name
    folder: str = ""  # of your own tools, loaded when they change; empty: tools/ in the data folder
    plugin_network: bool = False  # loosening: your own tools reach the network
    skill_keys: tuple[str, ...] = ()  # ed25519, base64: skills that these have signed are added as they are
    mcp: dict[str, McpServer] = msgspec.field(default_factory=dict)  # servers of tools, by name
    services: Services = Services()


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    kind: str  # the wire: ollama, openai, responses, anthropic, gemini, deepseek, huggingface, llamacpp, scripted
    base_url: str = ""
    api_key: Secret = Secret("")
    model: str = ""  # the one to use when none is named
    timeout: Amount = 120.0  # seconds without a byte
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    api_key_env: str = ""  # the variable that holds the key, instead of the key
    concurrency: Count = 64  # requests at once; others wait their turn
    quality: Share | None = None  # expected of its models, until something was learnt
    place: str = ""  # where it runs, for request classes: "local", "eu", …
    api_key_secret: str = ""  # the secret of the vault that is the key, instead of the key


class Known(Struct, frozen=True, forbid_unknown_fields=True):
    """What you know better of a model than the facts that come with the product."""

    input: float | None = None  # US dollars a million tokens
    output: float | None = None
    cached: float | None = None
    context: int | None = None  # tokens
    quality: Share | None = None
    capabilities: tuple[Capability, ...] = ()  # empty: as it says itself


class Cascade(Struct, frozen=True, forbid_unknown_fields=True):
    """Models asked one after the other, the cheap ones first, until an answer passes."""

    models: Annotated[tuple[str, ...], Meta(min_length=2)]
    verifier: str = ""  # the model that judges; empty: the checks that need none
    threshold: Share = 0.7


class Cache(Struct, frozen=True, forbid_unknown_fields=True):
    """Answers that are given again. See docs/cache.md."""

    mode: Literal["off", "exact", "semantic"] = "exact"  # semantic: also to a question that means the same
    sampled: bool = False  # also answers that are meant to differ: requests without `temperature = 0`
    store: Literal["memory", "database", "redis"] = "memory"  # database: a file of its own in the data folder
    redis_url: Secret = Secret("")
    seconds: Amount = 86_400.0  # that an answer holds
    entries: Count = 10_000  # in memory
    megabytes: Count = 64  # in memory; in the file ten times as much
    embedder: str = ""  # "provider" or "provider/model" whose vectors must agree that two questions mean the same
    near: Share = 0.8  # cosine from which on they do


class Llm(Struct, frozen=True, forbid_unknown_fields=True):
    model: str = "auto"  # or "provider" or "provider/model"
    providers: dict[str, Provider] = msgspec.field(default_factory=dict)  # in order of preference
    models: dict[str, Known] = msgspec.field(default_factory=dict)  # by "provider/model"
    cascades: dict[str, Cascade] = msgspec.field(default_factory=dict)  # each is a model, "cascade/NAME"
    target: Share = 0.8  # quality that is good enough: `auto` takes the cheapest that reaches it
    pins: dict[str, str] = msgspec.field(default_factory=dict)  # by agent: the model it always gets
    fallbacks: tuple[str, ...] = ()  # models that take over from one that was asked for by name; `auto` has its own
    tries: Count = 4  # requests for one reply at most, all models together
    deadline: Amount = 600.0  # seconds for one reply, all tries together
    hedge: Annotated[float, Meta(ge=0)] = 0.0  # ask once more after so many times the usual wait; 0: never
    hedge_with: str = ""  # the model that is asked then, "provider/model"; empty: the same one
    optimise: Literal["off", "minimal", "balanced", "aggressive"] = "minimal"  # what an agent's model reads
    cache: Cache = Cache()


class Budgets(Struct, frozen=True, forbid_unknown_fields=True):
    """How money is counted; how much there is, is no setting: `orchestrator budget set`."""

    credit: Amount = 0.01  # US dollars that a credit is worth
    alerts: tuple[Share, ...] = (0.5, 0.8, 1.0)  # shares of a budget at which an event says so
    patience: Annotated[float, Meta(ge=0)] = 20.0  # seconds that a call waits for what calls under way may give back


class Agents(Struct, frozen=True, forbid_unknown_fields=True):
    max_steps: Count = 25
    max_seconds: Amount = 900.0
    context_tokens: Count = 24_000
    concurrent_runs: Count = 64
    max_cost: Annotated[float, Meta(ge=0)] = 0.0  # US dollars a run, its sub-runs included, before it asks; 0: no limit
    max_tokens: Annotated[int, Meta(ge=0)] = 0  # the same in tokens
    depth: Annotated[int, Meta(ge=0, le=8)] = 2  # of delegation; 0: agents do all by themselves
    children: Count = 8  # sub-runs that one run may begin
    approval_hours: Annotated[float, Meta(ge=0)] = 168.0  # then a question about a call is refused; 0: it waits


class Telemetry(Struct, frozen=True, forbid_unknown_fields=True):
    level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    json: bool = False


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    data: Path
    workspace: Path
    server: Server = Server()
    storage: Storage = Storage()
    journal: Journal = Journal()
    identity: Identity = Identity()
    policy: Policy = Policy()
    tools: Tools = Tools()
    llm: Llm = Llm()
    agents: Agents = Agents()
    budgets: Budgets = Budgets()
    telemetry: Telemetry = Telemetry()
    cluster: Cluster = Cluster()

    @property
    def shared(self) -> Path:
        """The folder of artifacts and keys."""
        return Path(self.cluster.shared).expanduser() if self.cluster.shared else self.data

    @property
    def tools_folder(self) -> Path:
        return Path(self.tools.folder).expanduser() if self.tools.folder else self.data / "tools"

    def loosened(self) -> dict[str, Any]:
        """The settings that are less safe than shipped, by name."""
        loose: dict[str, Any] = {}
        if not self.journal.encrypt:
            loose["journal.encrypt"] = False
        loose |= {f"journal.sinks.{name}.bodies": True for name, sink in self.journal.sinks.items() if sink.bodies}
        if self.policy.allow_loopback:
            loose["policy.allow_loopback"] = True
        if self.policy.approve_all:
            loose["policy.approve_all"] = True
        if self.policy.screen != "withhold":
            loose["policy.screen"] = self.policy.screen
        if self.policy.programs:
            loose["policy.programs"] = list(self.policy.programs)
        if self.policy.hosts:
            loose["policy.hosts"] = list(self.policy.hosts)
        if self.tools.sandbox == "none":
            loose["tools.sandbox"] = "none"
        if self.tools.plugin_network:
            loose["tools.plugin_network"] = True
        for name, server in self.tools.mcp.items():
            loose |= {f"tools.mcp.{name}.{what}": True for what in ("network", "trusted") if getattr(server, what)}
        if self.server.host not in ("127.0.0.1", "localhost", "::1"):
            loose["server.host"] = self.server.host
        return loose


# Providers that a key or an address in the environment is enough to switch on, in order of preference.
_WELL_KNOWN = (
    ("anthropic", "anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    ("openai", "responses", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    ("gemini", "gemini", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY"),
    ("deepseek", "deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    ("huggingface", "huggingface", "https://router.huggingface.co", "HF_TOKEN"),
)
UNNAMED = 0.65  # expected of an Ollama that happens to be there: it answers where nothing better does


def _well_known(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, kind, url, variable in _WELL_KNOWN:
        key = environ.get(variable, "").strip()
        elsewhere = environ.get(f"{name.upper()}_BASE_URL", "").strip()
        if key or elsewhere:  # a server of one's own may want no key, and speaks the wire that everyone does
            wire = "openai" if kind == "responses" and elsewhere not in ("", url) else kind
            found[name] = {"kind": wire, "base_url": elsewhere or url, "api_key": key}
    named = environ.get("OLLAMA_HOST", "").strip()
    host = named or "127.0.0.1"
    address = host if "://" in host else f"http://{host}" if ":" in host else f"http://{host}:11434"
    found["ollama"] = {"kind": "ollama", "base_url": address, **({} if named else {"quality": UNNAMED})}
    return found


def keyed(provider: Provider, environ: Mapping[str, str] | None = None) -> Provider:
    """With the key that its variable holds, where it names one."""
    if not provider.api_key_env or provider.api_key:
        return provider
    key = (os.environ if environ is None else environ).get(provider.api_key_env, "").strip()
    return msgspec.structs.replace(provider, api_key=Secret(key))


def default_data_folder(environ: Mapping[str, str]) -> Path:
    if chosen := environ.get("ORCHESTRATOR_DATA"):
        return Path(chosen)
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else _home(environ) / ".local" / "share") / "ai-orchestrator"


def names_data(environ: Mapping[str, str] | None = None) -> bool:
    """Does the environment say where the data folder is?"""
    return bool((os.environ if environ is None else environ).get("ORCHESTRATOR_DATA"))


def _home(environ: Mapping[str, str]) -> Path:
    if home := environ.get("HOME"):
        return Path(home)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError as error:
        raise InvalidSettings("This user has no home folder.", hint="Set ORCHESTRATOR_DATA, or say --data.") from error


def language(environ: Mapping[str, str] | None = None) -> Language:
    """The language of whoever sits at this terminal."""
    environ = os.environ if environ is None else environ
    said = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "fr" if said.lower().startswith("fr") else "en"


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merge(dict(merged[key]), value)
        else:
            merged[key] = value
    return merged


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    sections = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    found: dict[str, Any] = {}
    for variable, raw in environ.items():
        if not variable.startswith("ORCHESTRATOR_"):
            continue
        section, _, name = variable.removeprefix("ORCHESTRATOR_").lower().partition("_")
        if not name or section not in sections:
            continue
        fields = {field.name: field.type for field in msgspec.structs.fields(sections[section])}
        if name not in fields:
            raise InvalidSettings(f"{variable} is not a setting.", hint=f"Settings of {section}: {', '.join(fields)}.")
        is_list = "tuple" in str(fields[name])
        found.setdefault(section, {})[name] = [part for part in raw.split(",") if part] if is_list else raw
    return found


def _written(file: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettings(f"{file} cannot be read: {error}.", hint="Mend it or move it away.") from error
    if "data" in written:
        raise InvalidSettings(
            f"{file} cannot say where the data folder is.", hint="ORCHESTRATOR_DATA or --data does; take `data` out."
        )
    return written


def load(
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from their four sources. Raises InvalidSettings naming the source and the field."""
    environ, flags = os.environ if environ is None else environ, flags or {}
    data = Path(flags.get("data") or default_data_folder(environ)).expanduser().absolute()
    if file is not None and not file.exists():
        raise InvalidSettings(f"There is no settings file {file}.", hint="Look at what --config says.")
    file = file or data / "config.toml"
    written = _written(file)
    # Providers named in the file come first: a person's order is kept.
    llm = written.get("llm")
    named = llm.get("providers") if isinstance(llm, dict) else None
    first: dict[str, Any] = {name: {} for name in named} if isinstance(named, dict) else {}
    known: dict[str, Any] = {"llm": {"providers": {**first, **_well_known(environ)}}}
    if mode := environ.get("TOKEN_OPTIMIZATION_MODE", "").strip():
        known["llm"]["optimise"] = mode
    merged = _merge(_merge(_merge(known, written), _from_environment(environ)), flags)
    merged["data"] = str(data)
    said = flags.get("workspace") or environ.get("ORCHESTRATOR_WORKSPACE") or written.get("workspace")
    chosen = said or data / "workspace"
    if not isinstance(chosen, str | Path):
        raise InvalidSettings(f"Settings: workspace is {chosen!r}, no folder.", hint=f"Look at {file}.")
    merged["workspace"] = str(Path(chosen).expanduser().absolute())
    try:
        found = msgspec.convert(merged, Settings, strict=False, dec_hook=_decode)
        providers = {name: keyed(provider, environ) for name, provider in found.llm.providers.items()}
        return msgspec.structs.replace(found, llm=msgspec.structs.replace(found.llm, providers=providers))
    except msgspec.ValidationError as error:
        raise InvalidSettings(f"Settings: {error}.", hint=f"Look at {file} and at ORCHESTRATOR_… variables.") from error


def _decode(kind: type, value: Any) -> Any:
    if kind in (Path, Secret):
        return kind(value)
    raise NotImplementedError(kind)
