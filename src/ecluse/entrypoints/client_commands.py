"""`ecluse client`: what the provider does to a client as a whole, from the command line.

Django is imported by the commands themselves: the mail path must not carry it.
"""
# ruff: noqa: PLC0415 - the reason stands above.

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecluse.domain.errors import Impossible
from ecluse.domain.policy import ServiceState
from ecluse.entrypoints.options import ConfigOption, JsonOption, read_settings
from ecluse.entrypoints.orders import YesOption, ask
from ecluse.entrypoints.terminal import print_json, say

if TYPE_CHECKING:
    from ecluse.control.audit.actor import Actor
    from ecluse.control.tenants.models import Client

app = typer.Typer(no_args_is_help=True, help="A client of the control plane as a whole.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The client, by its whole name.")]


@app.command("set-state")
def set_state(
    name: NameArgument,
    state: Annotated[ServiceState, typer.Argument(metavar="STATE", help=f"{', '.join(ServiceState)}.")],
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Of a suspension: its owners and administrators read it.")
    ] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a client, suspend it (451 for five days, then 550), or end it (550); on all nodes within seconds. With a contract in force, that says it."""
    client, by = _found(config, name)

    from django_scopes import scope

    from ecluse.control.contracts.by_hand import set_state_by_hand

    with scope(client=client):
        set_state_by_hand(client, state, reason=reason, by=by)
    if as_json:
        print_json({"client": client.name, "state": state.value})
    else:
        say(f"{client.name}: {state}")


@app.command("destroy-keys")
def destroy_keys(
    name: NameArgument, *, config: ConfigOption = None, yes: YesOption = False, as_json: JsonOption = False
) -> None:
    """Make unreadable for good what is held for a client, wherever copies of it lie; what comes later gets a fresh key."""
    client, by = _found(config, name)
    if not yes:
        ask(f"Destroy the keys of {client.name}? What is held for it can then neither be seen nor released, by nobody.")

    from django_scopes import scope

    from ecluse.control.keystore import services

    with scope(client=client):
        count = services.destroy_keys(client, by=by)
    if as_json:
        print_json({"client": client.name, "keys": count})
    else:
        say(f"{client.name}: {count} keys destroyed")


def _found(config: ConfigOption, name: str) -> tuple[Client, Actor]:
    """The client, and who acts. Raises `Impossible`."""
    from ecluse.entrypoints.django_start import demand_migrated, start_django

    start_django(read_settings(config))
    demand_migrated()

    from ecluse.control.audit.actor import Actor, ActorKind
    from ecluse.control.tenants.queries import client_named

    client = client_named(name)
    if client is None:
        raise Impossible(f"{name}: there is no such client")
    return client, Actor(ActorKind.COMMAND, "ecluse client")
