"""Clients and people of the web tests."""

from __future__ import annotations

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django_scopes import scope

from ecluse.control.accounts.models import Membership, User
from ecluse.control.policies import services as policies
from ecluse.control.policies.models import ListKind
from ecluse.control.tenants import services as tenants
from tests.control.cast import OPERATOR, ROUTE

PASSWORD = "a long way to the sea"


def person(email, client, role, *, second_factor=False):
    user = User.objects.create_user(email, PASSWORD, name=email.partition("@")[0].title(), language="en")
    if role is not None:
        Membership.objects.create(user=user, client=client, role=role)
    if second_factor:
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(user)
    return user


def furnished(name, domain):
    client = tenants.create_client(name, by=OPERATOR)
    with scope(client=client):
        made = tenants.add_domain(client, domain, [ROUTE], by=OPERATOR)
        tenants.claim_domain(client, f"new.{domain}", [ROUTE], by=OPERATOR)
        tenants.add_address(made, "paul", name=f"Paul {name}", by=OPERATOR)
        policies.list_sender(
            client, ListKind.ALLOW, f"friend@{domain}", f"friend@{domain}", note="a friend", by=OPERATOR
        )
    return client
