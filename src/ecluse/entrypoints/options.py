"""What commands have in common: their options, and where the node's settings and data are found."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings import load_settings
from ecluse.entrypoints.settings_tables import Settings

DEFAULT_CONFIG = Path("/etc/ecluse/ecluse.toml")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="ECLUSE_CONFIG",
        show_envvar=False,
        help=f"The node's settings. Default: $ECLUSE_CONFIG, else {DEFAULT_CONFIG}.",
    ),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The node's data, in place of `data_dir` in its settings."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else; times are epoch seconds.")]


@dataclass(frozen=True, slots=True)
class Node:
    """The node that a command is about."""

    paths: DataPaths
    operator: str  # Who gives the order, as it is recorded.


def read_settings(config: Path | None) -> Settings:
    """The settings in `config`, or in the default file. Raises `BadConfig`."""
    if config is None and not DEFAULT_CONFIG.exists():
        raise BadConfig(str(DEFAULT_CONFIG), 0, "", "expected a file; name yours with --config or $ECLUSE_CONFIG")
    return load_settings(config or DEFAULT_CONFIG)


def find_node(config: Path | None, data_dir: Path | None) -> Node:
    """The node whose data lie in `data_dir`, or where its settings say. Raises `BadConfig`, `typer.BadParameter`."""
    root = data_dir or read_settings(config).data_dir
    if not root.is_dir():
        raise typer.BadParameter(f"{root} is no folder: no node was ever started there", param_hint="--data-dir")
    operator = f"command line: {_user()}"
    _become_owner(root)
    return Node(DataPaths(root), operator)


def _user() -> str:
    """Who sits at the keyboard: behind sudo it is not root."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _become_owner(root: Path) -> None:
    """Root goes on as the node's own user: files that it wrote as root the node could not read."""
    owner = root.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    os.setgroups([owner.st_gid])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
