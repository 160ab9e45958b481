"""The clients of the demonstration, as the control plane knows them, and the person who looks after the first one.

To be imported once Django is started, as everything that knows its models.
"""

from __future__ import annotations

from dataclasses import dataclass

from django_scopes import scope

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.accounts.services import make_sign_in_link
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail.digest_settings import set_digest_rules
from ecluse.control.policies.models import ListKind
from ecluse.control.policies.services import list_sender, set_wishes
from ecluse.control.sending.services import add_connector
from ecluse.control.signing.life import KeyState
from ecluse.control.signing.services import make_pair, move
from ecluse.control.tenants.models import Client, Domain
from ecluse.control.tenants.services import add_address, add_domain, create_client, set_alias_of
from ecluse.control.webhooks.services import add_webhook, change_webhook
from ecluse.domain.policy import Route
from ecluse.domain.sending_rule import RuleAction
from ecluse.entrypoints.demo.sender import LOGIN
from ecluse.wire.connector_terms import ConnectorTerms
from ecluse.wire.keywords import Keyword
from ecluse.wire.notations import Suffix
from ecluse.wire.sending_rules import RuleTerms
from ecluse.wire.wishes import Wishes

_BY = Actor(ActorKind.COMMAND, "ecluse up --demo")
_HOOK, _TOLD = "https://hooks.demo.example/ecluse", ("message.held", "message.released")
_BANNED = ("docm", "xlsm", "pptm")
_FRIEND = "winner@prizes.example"
_NAGGING = "nagging.example"
_RULE = RuleTerms(name="Price lists", action=RuleAction.HOLD, external=True, words=(Keyword("price list"),))


@dataclass(frozen=True, slots=True)
class Furnished:
    """What nobody could know who was not told."""

    links: dict[str, str]  # Who -> the secret of the link that signs him in, once.
    login: str  # The secret of the login by which demo.example sends.


def furnish(demo: Client, *, client_server: int, nobody: int) -> Furnished:
    """Give the client of the demonstration all that it has, and put another one beside it.

    Olive looks after demo.example; Paul reads his own mail there, and that to sales@demo.example.

    The server of demo.example listens on port `client_server` of loopback; where that of away.example should be, at
    `nobody`, none does.
    """
    with scope(client=demo):
        domain = add_domain(demo, "demo.example", [Route("127.0.0.1", client_server)], by=_BY)
        paul = add_address(domain, "paul", name="Paul", by=_BY)
        set_alias_of(add_address(domain, "sales", is_alias=True, by=_BY), paul, by=_BY)
        ann = add_address(domain, "ann", name="Ann", by=_BY)
        suffixes = tuple(map(Suffix, _BANNED))
        set_wishes(demo, Wishes(extra_banned_suffixes=suffixes, log_subjects=True, outbound_rules=(_RULE,)), by=_BY)
        login = add_connector(demo, ConnectorTerms(name="Office", login=LOGIN), by=_BY)
        _sign(domain)
        set_digest_rules(demo, is_on=True, hours=[8, 17], days=[0, 1, 2, 3, 4], within_minutes=10, by=_BY)
        # Off: a demonstration speaks with nobody outside.
        hook, _ = add_webhook(demo, _HOOK, _TOLD, by=_BY)
        change_webhook(hook, _HOOK, _TOLD, is_on=False, by=_BY)
        list_sender(demo, ListKind.BLOCK, _NAGGING, _NAGGING, note="never stops", by=_BY)
        list_sender(demo, ListKind.ALLOW, _FRIEND, _FRIEND, address=ann, note="an old friend", by=_BY)
    away = create_client("Away", by=_BY)
    with scope(client=away):
        domain = add_domain(away, "away.example", [Route("127.0.0.1", nobody)], by=_BY)
        add_address(domain, "eva", name="Eva", by=_BY)
    people = {"olive": _person(demo, "Olive", Role.OWNER), "paul": _person(demo, "Paul", Role.USER)}
    return Furnished({who: make_sign_in_link(user, by=_BY) for who, user in people.items()}, login)


def _sign(domain: Domain) -> None:
    """No DNS has records of a demonstration: its keys sign as if they were there."""
    for key in make_pair(domain, by=_BY):
        for state in (KeyState.PUBLISHED, KeyState.ACTIVE):
            move(key, state, by=_BY)
            key.refresh_from_db()


def _person(client: Client, name: str, role: Role) -> User:
    """Without a password: nobody has another way in."""
    user = User.objects.create_user(f"{name.lower()}@demo.example", None, name=name)
    Membership.objects.create(user=user, client=client, role=role)
    return user
