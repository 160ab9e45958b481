"""The reference page of the command line, made from the commands: `python -m ecluse.entrypoints.cli_reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from ecluse.entrypoints.cli import app

PAGE = Path("docs/reference/cli.md")

_HEAD = """\
# The command line

*Made from the commands in `src/ecluse/entrypoints` by `python -m ecluse.entrypoints.cli_reference`: change it there.*

`ecluse COMMAND --help` tells the same. Every command that prints has `--json`; what is printed then is JSON alone, for
`log` one object a line. Complaints go to standard error.

| exit status | what it says |
|---|---|
| 0 | fine |
| 1 | the answer is no, or something was found: a message would not be delivered, an order was not obeyed, a check failed |
| 2 | a mistake in the command line or in a configuration file, told with file, line, key and what was expected |
| 3 | something that is needed does not answer now, a disk or a store; try again |
| 70 | a fault of ours, with its trace on standard error: please report it |

An id may be shortened to its beginning where it stays unambiguous. `queue` and `quarantine` work beside a running node
and without one. Run as root they go on as the owner of the data folder.
"""


def page() -> str:
    """The text of docs/reference/cli.md."""
    return _HEAD + "".join(
        _section(path, command) for path, command in _commands("ecluse", typer.main.get_command(app))
    )


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, in the order of the help."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, each in inner.items():
        yield from _commands(f"{path} {name}", each)


def _section(path: str, command: Any) -> str:
    rows = "".join(_row(parameter) for parameter in command.params)
    table = f"\n| | | |\n|---|---|---|\n{rows}" if rows else ""
    return f"\n## {path}\n\n{command.help}\n{table}"


def _row(parameter: Any) -> str:
    name = ", ".join(parameter.opts) if parameter.param_type_name == "option" else ""
    written = " ".join(filter(None, (name, parameter.metavar)))
    many = " ..." if parameter.nargs == -1 or parameter.multiple else ""
    return f"| `{written}`{many} | {parameter.help} | {_default(parameter)} |\n"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "*required*"
    default = parameter.default
    return f"`{default}`" if default not in (None, "", False, [], ()) else ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
