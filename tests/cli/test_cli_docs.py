"""docs/cli.md says what `--help` says."""

from scripts.cli_docs import TARGET, page


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    assert TARGET.read_text("utf-8") == page(), "python -m scripts.cli_docs"
