"""`ecluse keys`: what a node signs outbound mail with, where no control plane keeps the keys (RFC 6376)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecluse.control.keystore.master import read_master_key
from ecluse.control.secret_file import write_once
from ecluse.domain.errors import BadConfig, Impossible
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.node_key import node_key, written
from ecluse.entrypoints.options import ConfigOption, JsonOption, read_settings
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.terminal import print_json, say
from ecluse.wire.dkim.publishing import MAKERS, make_key, record_of, standing_of
from ecluse.wire.dkim.sealed_key import node_key_from, open_key
from ecluse.wire.dkim.sign import load_key
from ecluse.wire.notations import DomainName

app = typer.Typer(no_args_is_help=True, help="Keys that outbound mail is signed with (DKIM).")


@app.command()
def make(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain in From.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the two files go.")],
    *,
    selector: Annotated[str, typer.Option("--selector", help="What their selectors begin with.")] = "ecluse",
    as_json: JsonOption = False,
) -> None:
    """Make one RSA and one Ed25519 key, and show their DNS records and what policy.toml needs. Nothing is replaced."""
    try:
        name = str(DomainName(domain))
        pems = {f"{selector}-{kind}": make_key(kind) for kind in MAKERS}
        keys = [load_key(name, label, pem) for label, pem in pems.items()]
        for label, pem in pems.items():
            write_once(folder / f"{name}.{label}.pem", pem)
    except (ValueError, Impossible, OSError) as problem:
        raise typer.BadParameter(str(problem)) from problem
    records = [record_of(key) for key in keys]
    files = [str(folder / f"{name}.{label}.pem") for label in pems]
    if as_json:
        print_json(
            [{"name": one.name, "text": one.text, "file": file} for one, file in zip(records, files, strict=True)]
        )
        return
    say("; for the DNS, before policy.toml names the keys:")
    for record in records:
        say(record.zone_line)
    say("# for policy.toml, at the end of the client:")
    for key, file in zip(keys, files, strict=True):
        for line in ("[[clients.signing]]", f'domain = "{name}"', f'selector = "{key.selector}"', f'file = "{file}"'):
            say(line)


@app.command("list")
def list_keys(*, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """The keys of policy.toml, and what the DNS says of each: published, missing, other, or unknown."""
    settings = read_settings(config)
    if settings.policy.file is None:
        raise typer.BadParameter("the keys of this node come from its control plane: see the console")
    key_of_node = node_key(settings)
    try:
        published = load_policy(settings.policy.file, key_of_node).signing
        keys = [open_key(key_of_node, each.domain, sealed) for each in published for sealed in each.keys]
    except (BadConfig, Impossible) as problem:
        raise typer.BadParameter(str(problem)) from problem
    look_up = FreshNames(settings).look_up
    found = [(key, record_of(key)) for key in keys]
    rows = [(key, record, standing_of(key, look_up(record.name, "TXT"))) for key, record in found]
    if as_json:
        print_json([{"name": record.name, "text": record.text, "dns": standing} for _, record, standing in rows])
        return
    for _, record, standing in rows:
        say(f"; {standing} in the DNS")
        say(record.zone_line)


@app.command()
def zone(*, config: ConfigOption = None) -> None:
    """The records of all clients' keys as a zone file's lines, for the zone `signing.zone`: to be included by its server.

    Run it whenever keys may have changed, each hour for instance, where the console runs.
    """
    settings = read_settings(config)
    if settings.signing.zone is None:
        raise typer.BadParameter("set signing.zone first")
    from ecluse.entrypoints.django_start import demand_migrated, start_django  # noqa: PLC0415 - only this one needs Django.

    start_django(settings)
    demand_migrated()
    from ecluse.control.signing.delegation import zone_lines  # noqa: PLC0415 - models exist once Django has started.

    for line in zone_lines(str(settings.signing.zone)):
        say(line)


@app.command("node-key")
def show_node_key(*, config: ConfigOption = None) -> None:
    """What a node of this control plane needs in DATA_DIR/state/node-key to sign: run it where the console runs.

    It opens signing keys, and nothing else: no message that is held.
    """
    try:
        say(written(node_key_from(read_master_key(DataPaths(read_settings(config).data_dir).master_key))))
    except Impossible as problem:
        raise typer.BadParameter(str(problem)) from problem
