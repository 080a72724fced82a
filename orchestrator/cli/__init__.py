"""The `orchestrator` command."""


def main() -> None:
    from orchestrator.cli.commands import application

    application(prog_name="orchestrator")
