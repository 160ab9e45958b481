"""The page about the command line."""

from __future__ import annotations

from pathlib import Path

from ecluse.entrypoints import cli_reference
from ecluse.entrypoints.terminal import ExitCode

ROOT = Path(__file__).resolve().parents[4]


def test_the_page_is_what_the_commands_say():
    """Otherwise: `python -m ecluse.entrypoints.cli_reference`."""
    assert (ROOT / cli_reference.PAGE).read_text("utf-8") == cli_reference.page()


def test_every_exit_status_is_documented():
    for code in ExitCode:
        assert f"\n| {code:d} | " in cli_reference.page()


def test_every_option_has_its_sentence():
    rows = [line for line in cli_reference.page().splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert [row for row in rows if not row.split("|")[2].strip()] == []
