"""The one place where the rooms are joined, started and stopped."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from orchestrator import __version__
from orchestrator.agents.evaluations.cases import Evaluations
from orchestrator.agents.expiry import Expiry
from orchestrator.agents.paid import open_till
from orchestrator.agents.ports import House
from orchestrator.agents.runs import Runs
from orchestrator.agents.schedules.schedules import Schedules
from orchestrator.agents.trials import Trials
from orchestrator.identity.accounts import Accounts
from orchestrator.identity.base import TENANT
from orchestrator.identity.vault import Vault, open_vault
from orchestrator.journal.audit import open_audits
from orchestrator.journal.base import Journal
from orchestrator.journal.bus import Bus
from orchestrator.journal.keys import Master, Seals, unlock
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.stores import open_journal
from orchestrator.journal.trail import Trail
from orchestrator.journal.upkeep import ARCHIVE, Upkeep
from orchestrator.journal.views import Views
from orchestrator.kernel.clock import Clock, SystemClock
from orchestrator.kernel.errors import InvalidInput, InvalidSettings
from orchestrator.kernel.events import Body, Event, Limits, ServerStarted, ServerStopped, UserRegistered
from orchestrator.kernel.ids import Ids, TimeOrderedIds
from orchestrator.kernel.settings import Policy as PolicySettings
from orchestrator.kernel.settings import Settings
from orchestrator.llm.base import Model
from orchestrator.llm.catalogue import Models
from orchestrator.llm.connections import Connections
from orchestrator.llm.gateway import Gateway
from orchestrator.llm.opening import open_models
from orchestrator.policy.budgets.budgets import Budgets
from orchestrator.policy.decide import Policy
from orchestrator.policy.layers.folder import Folder, open_folder
from orchestrator.policy.layers.layers import Layers
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.database import Database
from orchestrator.storage.lock import FolderLock
from orchestrator.storage.stores import open_database
from orchestrator.telemetry.metrics import Metrics
from orchestrator.tools.base import Tool
from orchestrator.tools.catalogue import Catalogue
from orchestrator.tools.opening import Foreign, open_tools
from orchestrator.tools.plugins.folder import Plugins
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.scheduling import scheduling

if TYPE_CHECKING:
    from orchestrator.agents.node import Node

Learn = Callable[[str], None]  # told of a stream that another process wrote to; of "" when it may be any


class App(Struct, frozen=True):
    """The assembled rooms."""

    settings: Settings
    clock: Clock
    ids: Ids
    journal: Journal
    ledger: Ledger
    views: Views
    bus: Bus
    runs: Runs
    trials: Trials
    schedules: Schedules
    evaluations: Evaluations
    policy: Policy
    policies: Folder
    tools: Catalogue
    plugins: Plugins
    foreign: Foreign
    models: Models
    connections: Connections
    accounts: Accounts
    budgets: Budgets
    gateway: Gateway
    vault: Vault
    artifacts: Blobs
    sandbox: Sandbox
    metrics: Metrics
    node: "Node | None"  # of a cluster
    upkeep: Upkeep
    started_at: float


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Callable[[int], bytes] = os.urandom,
    models: Mapping[str, Model] | None = None,
    tools: Sequence[Tool] = (),
    observe: Callable[[Sequence[Event]], None] = lambda _: None,
    recover: bool = True,
) -> AsyncIterator[App]:
    """The whole product on one data folder. Runs that were under way go on; on leaving, all is closed in reverse.

    `models` and `tools` are ready plugs beside the configured ones; `observe` is told of committed events.
    Without `recover`, runs that were under way wait to be resumed: for whoever opens the folder only for a moment.
    """
    clock = clock or SystemClock()
    ids = TimeOrderedIds(clock, entropy)
    async with AsyncExitStack() as stack:
        database = _database(stack, settings)
        bus, metrics, learners = Bus(), Metrics(), list[Learn]()
        node = await _node(stack, settings, database, bus, clock, ids, learners, visits=not recover)
        publish = _publisher(bus, node, observe, metrics)
        records = await _records(stack, settings, database, publish, node, clock, ids, entropy)
        journal, ledger, views, blobs, upkeep, master = records

        guard = _guard(stack, settings, database, master, clock, ids, entropy, ledger, watching=recover)
        accounts, vault, folder, policies = await guard
        policy = policies(None)
        schedules = Schedules(TENANT, ledger, journal, accounts, settings.workspace, clock, ids)
        made = open_tools(settings, clock, ledger, accounts, vault, (*tools, *scheduling(schedules)), watching=recover)
        catalogue, plugins, foreign = await stack.enter_async_context(made)
        till = open_till(settings, database, clock, ledger, views, metrics, node)
        budgets = await stack.enter_async_context(till)
        thinking = open_models(settings, clock, ledger, vault, Seals(master, "cache"), metrics, budgets, models)
        chooser, connections = await stack.enter_async_context(thinking)

        house = House(
            budget=budgets,
            journal=journal,
            ledger=ledger,
            bus=bus,
            models=chooser,
            tools=catalogue,
            policy=policy,
            artifacts=blobs,
            clock=clock,
            ids=ids,
            cluster=node,
            snapshots=upkeep.snapshots,
            context_tokens=settings.agents.context_tokens,
            allow_loopback=settings.policy.allow_loopback,
            depth=settings.agents.depth,
            children=settings.agents.children,
            optimise=chooser.optimise,
        )
        runs = Runs(house, views, settings.workspace, _limits(settings), settings.agents.concurrent_runs)
        trials = Trials(house, views, runs, blobs, policies, __version__)
        learners += [runs.learn, accounts.learn, vault.learn, folder.learn, budgets.learn, schedules.learn]
        learners.append(foreign.news.learn)
        _closed(stack, runs, node, settings.cluster.drain_seconds)

        started = ServerStarted(__version__, catalogue.sandbox.level, settings.loosened())
        await stack.enter_async_context(_told(ledger, started, (await accounts.ensure_owner()).id, looks=not recover))
        if node is not None:
            await node.join(runs.desk, runs.operations())
        if recover:
            await runs.recover()
            upkeep.watch_over()
            expiry = Expiry(views, runs, clock, settings.agents.approval_hours)
            _meanwhile(stack, expiry=expiry.watch(), schedules=schedules.serve(runs, views))
        yield App(
            settings=settings,
            clock=clock,
            ids=ids,
            journal=journal,
            ledger=ledger,
            views=views,
            bus=bus,
            runs=runs,
            trials=trials,
            schedules=schedules,
            evaluations=Evaluations(house, runs, trials),
            policy=policy,
            policies=folder,
            tools=catalogue,
            plugins=plugins,
            foreign=foreign,
            models=chooser,
            connections=connections,
            accounts=accounts,
            budgets=budgets,
            gateway=Gateway(chooser, budgets, Trail(journal, clock, ids, "requests"), clock, ids),
            vault=vault,
            artifacts=blobs,
            sandbox=catalogue.sandbox,
            metrics=metrics,
            node=node,
            upkeep=upkeep,
            started_at=clock.now(),
        )


def _meanwhile(stack: AsyncExitStack, **work: Coroutine[Any, Any, None]) -> None:
    """What goes on by itself while the server is up."""
    for name, going in work.items():
        stack.callback(asyncio.create_task(going, name=name).cancel)


@asynccontextmanager
async def _told(ledger: Ledger, started: ServerStarted, owner: str, *, looks: bool) -> AsyncIterator[None]:
    """Who only looks leaves no trace, unless it loosens."""
    if looks and not started.loosened:
        yield
        return
    await ledger.record(f"server:{TENANT}", started, tenant=TENANT, subject=owner)
    yield
    await ledger.record(f"server:{TENANT}", ServerStopped("closed"), tenant=TENANT, subject=owner)


async def _records(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    publish: Callable[[Sequence[Event]], None],
    node: "Node | None",
    clock: Clock,
    ids: Ids,
    entropy: Callable[[int], bytes],
) -> tuple[Journal, Ledger, Views, Blobs, Upkeep, Master]:
    """The journal, and what keeps and shows it."""
    keyring = await unlock(
        database.engine,
        settings.shared / "master.key",
        entropy,
        given=settings.journal.master_key,
        encrypt=settings.journal.encrypt,
    )
    batch, archive = settings.journal.batch, settings.shared / ARCHIVE
    journal = open_journal(database, publish, keyring, batch=batch, node=node.named if node else None, archive=archive)
    stack.push_async_callback(journal.close)
    ledger, views, blobs = Ledger(journal, clock), Views(database.reading), Blobs(settings.shared / "blobs")
    alone, days = not settings.storage.url, settings.journal.archive_days
    audits = open_audits(settings.journal.sinks, database, keyring, clock, ids, alone=alone)
    upkeep = Upkeep(database, keyring, ledger, blobs, settings.shared, clock, ids, archive_days=days, audits=audits)
    stack.push_async_callback(upkeep.close)
    return journal, ledger, views, blobs, upkeep, keyring.master


async def _node(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    bus: Bus,
    clock: Clock,
    ids: Ids,
    learners: Sequence[Learn],
    *,
    visits: bool,
) -> "Node | None":
    """This process among those on the same PostgreSQL; None where it is alone with a file."""
    if not settings.storage.url:
        return None
    from orchestrator.agents.cluster import open_node  # its driver costs who has no need of it

    opened = open_node(
        settings.cluster,
        database,
        bus,
        clock,
        process=ids.new("node"),
        room=settings.agents.concurrent_runs,
        visits=visits,
        version=__version__,
        learners=learners,
    )
    return await stack.enter_async_context(opened)


def _closed(stack: AsyncExitStack, runs: Runs, node: "Node | None", patience: float) -> None:
    """On leaving, runs come to a point; in a cluster none are taken meanwhile, and others go on at once."""
    if node is None:
        stack.push_async_callback(runs.close)
        return
    stack.push_async_callback(node.leave)
    stack.push_async_callback(runs.close, patience)
    stack.push_async_callback(node.drain)


def _publisher(
    bus: Bus, node: "Node | None", observe: Callable[[Sequence[Event]], None], metrics: Metrics
) -> Callable[[Sequence[Event]], None]:
    """Who is told of committed events."""

    def publish(events: Sequence[Event]) -> None:
        bus.publish(events)
        if node is not None:
            node.tell(events)
        observe(events)
        for event in events:
            metrics.observe(event)

    return publish


async def _guard(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    master: Master,
    clock: Clock,
    ids: Ids,
    entropy: Callable[[int], bytes],
    ledger: Ledger,
    *,
    watching: bool,
) -> tuple[Accounts, Vault, Folder, Callable[[dict[str, Any] | None], Policy]]:
    """Who there is, what they keep secret, and what they may do."""
    layers = Layers()

    async def record(stream: str, body: Body, *, tenant: str, subject: str) -> None:
        await ledger.record(stream, body, tenant=tenant, subject=subject)
        if isinstance(body, UserRegistered):
            layers.meet(body.user_id, body.name)

    signing = settings.shared / "signing.key"
    accounts = Accounts(database, settings.identity, clock, ids, entropy, record, key_path=signing)
    stack.push_async_callback(accounts.close)
    vault = await stack.enter_async_context(open_vault(database, master, clock, entropy, ledger.record))
    read = open_folder(settings.shared, layers, accounts, ledger, watching=watching)
    folder = await stack.enter_async_context(read)
    return accounts, vault, folder, _policies(settings, vault, layers)


def _policies(settings: Settings, vault: Vault, layers: Layers) -> Callable[[dict[str, Any] | None], Policy]:
    """Makes policies of their own: as the server's, or with other settings."""

    def policy_of(changed: dict[str, Any] | None) -> Policy:
        if changed is None:
            return Policy(settings.policy, secrets=vault, layers=layers)
        values = {**msgspec.to_builtins(settings.policy), **changed}
        try:
            return Policy(msgspec.convert(values, PolicySettings), secrets=vault, layers=layers)
        except msgspec.ValidationError as error:
            raise InvalidInput(
                f"These are no settings of the policy: {error}.", hint="See docs/settings.md."
            ) from error

    return policy_of


def _limits(settings: Settings) -> Limits:
    """Of a run that is given none of its own."""
    agents = settings.agents
    return Limits(agents.max_steps, agents.max_seconds, agents.max_cost, agents.max_tokens)


def _database(stack: AsyncExitStack, settings: Settings) -> Database:
    """At today's revision, in folders that nobody else has."""
    _take_folders(stack, settings)
    database = open_database(settings.storage, settings.data)
    database.migrate()
    stack.push_async_callback(database.close)
    return database


def _take_folders(stack: AsyncExitStack, settings: Settings) -> None:
    """Make the folders where they are missing; nobody else has the data until this one is done."""
    for folder, what in ((settings.data, "--data"), (settings.workspace, "--workspace")):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            problem = "is not a folder" if folder.exists() else f"cannot be made: {error.strerror}"
            raise InvalidSettings(f"{folder} {problem}.", hint=f"Choose another with {what}.") from error
    if settings.data.resolve().is_relative_to(settings.workspace.resolve()):
        raise InvalidSettings(
            f"The workspace {settings.workspace} holds the data folder {settings.data}: tools could read the journal.",
            hint="Choose another folder with --workspace, or keep the data elsewhere with --data.",
        )
    stack.enter_context(FolderLock(settings.data, shared=bool(settings.storage.url)))
