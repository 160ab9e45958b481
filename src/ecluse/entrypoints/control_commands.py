"""`ecluse web`, `ecluse admin`, `ecluse audit`: the control plane from the command line.

Django is imported by the commands themselves: the mail path must not carry it.
"""
# ruff: noqa: PLC0415 - the reason stands above.

from __future__ import annotations

from typing import Annotated

import typer

from ecluse.entrypoints import logs
from ecluse.entrypoints.options import ConfigOption, JsonOption, read_settings
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.terminal import ExitCode, print_json, say

admin = typer.Typer(no_args_is_help=True, help="People of the provider, from the command line.")
audit = typer.Typer(no_args_is_help=True, help="The audit trail of the control plane.")


def web(
    *,
    config: ConfigOption = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the control database up to date first.")] = False,
) -> None:
    """Serve the console, in the foreground, until SIGTERM."""
    from ecluse.entrypoints.web import run

    settings = read_settings(config)
    logs.configure(settings.log_level)
    run(settings, migrates=migrate)


def worker(
    *,
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is due, and end.")] = False,
) -> None:
    """Do what time asks for, in the foreground: digests, and the end of held mail; any number may run side by side."""
    from ecluse.entrypoints.worker import run

    settings = read_settings(config)
    logs.configure(settings.log_level)
    run(settings, once=once)


@admin.command("create-owner")
def create_owner(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who shall run this installation.")],
    *,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Invite an owner of the installation: the link works once, for seven days, and lets him choose a password.

    The control database is made, or brought up to date, where it is not.
    """
    from ecluse.entrypoints.django_start import migrate, start_django

    if not _is_email(email):
        raise typer.BadParameter(f"{email!r} is no e-mail address", param_hint="EMAIL")
    settings = read_settings(config)
    start_django(settings)
    migrate(settings)

    from django.urls import reverse

    from ecluse.control.accounts.roles import Role, grantable
    from ecluse.control.accounts.services import invite
    from ecluse.control.audit.actor import Actor, ActorKind

    by = Actor(ActorKind.COMMAND, "ecluse admin")
    secret = invite(email, Role.PROVIDER_OWNER, None, by=by, grants=grantable(Role.PROVIDER_OWNER))
    link = settings.web.url + reverse("join", args=[secret])
    if as_json:
        print_json({"email": email, "link": link})
    else:
        say(link)


@admin.command("signing-keys")
def signing_keys(
    *,
    config: ConfigOption = None,
    new: Annotated[bool, typer.Option("--new", help="Make another pair, to change keys.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The keys that sign our own letters (DKIM), with their DNS records, ready to be pasted; made at the first call.

    A key signs from the moment that its record is in the DNS. To change keys: --new, publish, and delete the old files
    below control/signing a week after.
    """
    import time

    from ecluse.entrypoints.fresh_names import FreshNames
    from ecluse.entrypoints.letter_signing import keys_found, make_signing_keys
    from ecluse.entrypoints.letter_signing import signing_keys as keys_of

    settings = read_settings(config)
    if new or not keys_of(settings):
        make_signing_keys(settings, time.time())
    found = keys_found(settings, FreshNames(settings).look_up)
    if as_json:
        print_json([{"name": one.record.name, "text": one.record.text, "dns": one.standing} for one in found])
        return
    for one in found:
        say(f"; {one.standing} in the DNS")
        say(one.record.zone_line)


@audit.command()
def verify(*, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check that no entry was changed, left out or put in; exit 1 where one was."""
    from ecluse.entrypoints.django_start import demand_migrated, start_django

    settings = read_settings(config)
    start_django(settings)
    demand_migrated()

    from ecluse.control.audit.queries import head
    from ecluse.control.audit.queries import verify as faults_of
    from ecluse.control.audit.signing import audit_key

    key = audit_key(DataPaths(settings.data_dir).audit_key).public_key()
    faults = list(faults_of(key))
    number, digest = head()
    if as_json:
        print_json(
            {
                "entries": number,
                "head": digest.hex(),
                "faults": [{"number": each.number, "reason": each.reason} for each in faults],
            }
        )
    else:
        for each in faults:
            say(str(each.number), each.reason)
        say(f"{number} entries, {len(faults)} faults; the last one's hash is {digest.hex()}")
    if faults:
        raise typer.Exit(ExitCode.NO)


def _is_email(text: str) -> bool:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
