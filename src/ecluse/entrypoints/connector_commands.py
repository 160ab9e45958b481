"""`ecluse connector`: secrets of connectors, where no console makes them."""

from __future__ import annotations

import hashlib

import typer

from ecluse.entrypoints.options import JsonOption
from ecluse.entrypoints.terminal import print_json, say
from ecluse.wire.sasl.scram import make_key, written
from ecluse.wire.sasl.secret import new_secret

app = typer.Typer(no_args_is_help=True, help="By what clients' outbound mail reaches us.")


@app.callback()
def connector() -> None:
    """By what clients' outbound mail reaches us."""


@app.command()
def secret(*, as_json: JsonOption = False) -> None:
    """Make a secret for a login or a token, and show what policy.toml needs of it; the secret itself is kept nowhere."""
    made = new_secret()
    key, token = written(make_key(made)), hashlib.sha256(made.encode()).hexdigest()
    if as_json:
        print_json({"secret": made, "key": key, "token": token})
        return
    say("; for the client, now and never again:")
    say(made)
    say("# for policy.toml, in [[clients.connectors]]: with a login")
    say(f'key = "{key}"')
    say("# or, where each message carries it in the field X-Ecluse-Token:")
    say(f'token = "{token}"')
