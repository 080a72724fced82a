"""The commands, assembled. Nothing heavy is imported before a command runs."""

import typer

from orchestrator.cli import (
    budget,
    chat,
    cluster,
    conversations,
    doctor,
    evals,
    grants,
    journal,
    migrate,
    models,
    optimize,
    policy,
    run,
    runs,
    schedules,
    secrets,
    serve,
    show,
    skills,
    tools,
    users,
)
from orchestrator.cli.command import remember
from orchestrator.cli.usage import Commands

application = typer.Typer(
    name="orchestrator",
    cls=Commands,
    help="Autonomous AI agents you host yourself: durable, governed, and whole on one machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
remember(application)
for room in (
    serve,
    chat,
    run,
    runs,
    schedules,
    evals,
    grants,
    policy,
    secrets,
    tools,
    skills,
    models,
    budget,
    optimize,
    conversations,
    users,
    journal,
    cluster,
    migrate,
    doctor,
    show,
):
    room.add_to(application)
