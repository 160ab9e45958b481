"""The clients of the demonstration, as the control plane knows them, and the person who looks after the first one.

Django is imported once it is started.
"""
# ruff: noqa: PLC0415 - the reason stands above.

from __future__ import annotations

from ecluse.domain.policy import Route
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.settings_tables import Settings

OLIVE = "olive@demo.example"


def furnish(settings: Settings, *, client_server: int, nobody: int) -> str:
    """Make the control database with all clients in it; the address that signs Olive in, once.

    The server of demo.example listens on port `client_server` of loopback; where that of away.example should be, at
    `nobody`, none does.
    """
    start_django(settings)
    migrate(settings)

    from django.db import connections

    _demo(client_server)
    _away(nobody)
    secret = _sign_in_link()
    connections.close_all()
    return f"{settings.web.url}/account/sign-in/{secret}"


def _demo(client_server: int) -> None:
    from django_scopes import scope

    from ecluse.control.audit.actor import Actor, ActorKind
    from ecluse.control.policies.models import ListKind
    from ecluse.control.policies.services import list_sender, set_wishes
    from ecluse.control.tenants.services import add_address, add_domain, create_client
    from ecluse.wire.wishes import Suffix, Wishes

    by = Actor(ActorKind.COMMAND, "ecluse up --demo")
    client = create_client("Demo", by=by)
    with scope(client=client):
        domain = add_domain(client, "demo.example", [Route("127.0.0.1", client_server)], by=by)
        add_address(domain, "paul", name="Paul", by=by)
        ann = add_address(domain, "ann", name="Ann", by=by)
        banned = tuple(map(Suffix, ("docm", "xlsm", "pptm")))
        set_wishes(client, Wishes(extra_banned_suffixes=banned, log_subjects=True), by=by)
        list_sender(client, ListKind.BLOCK, "nagging.example", "nagging.example", note="never stops", by=by)
        friend = "winner@prizes.example"
        list_sender(client, ListKind.ALLOW, friend, friend, address=ann, note="an old friend", by=by)


def _away(nobody: int) -> None:
    from django_scopes import scope

    from ecluse.control.audit.actor import Actor, ActorKind
    from ecluse.control.tenants.services import add_address, add_domain, create_client

    by = Actor(ActorKind.COMMAND, "ecluse up --demo")
    client = create_client("Away", by=by)
    with scope(client=client):
        domain = add_domain(client, "away.example", [Route("127.0.0.1", nobody)], by=by)
        add_address(domain, "eva", name="Eva", by=by)


def _sign_in_link() -> str:
    """Nobody else has a way in: Olive has no password."""
    from django_scopes import scopes_disabled

    from ecluse.control.accounts.models import Membership, User
    from ecluse.control.accounts.roles import Role
    from ecluse.control.accounts.services import make_sign_in_link
    from ecluse.control.audit.actor import Actor, ActorKind
    from ecluse.control.tenants.models import Client

    olive = User.objects.create_user(OLIVE, None, name="Olive", language="")
    with scopes_disabled():
        Membership.objects.create(user=olive, client=Client.objects.get(name="Demo"), role=Role.OWNER)
    return make_sign_in_link(olive, by=Actor(ActorKind.COMMAND, "ecluse up --demo"))
