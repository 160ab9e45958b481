"""The provider's owners hear once that a node sends from an address on a blacklist, and again when it comes back there."""

from __future__ import annotations

import pytest
from django.utils import timezone

from ecluse.control.accounts.models import Membership, User
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.operation.listing_alarms import tell_of_listings
from ecluse.control.operation.nodes import LISTINGS, Trouble, find_node
from ecluse.domain.errors import Refused, Unavailable
from ecluse.web.backoffice.listing_mail import listing_mail
from tests.web.things import tell_node

pytestmark = pytest.mark.django_db
NODE = "mx1.provider.example"


@pytest.fixture(autouse=True)
def people():
    """Two owners, one of whom is French, and one who left; an operator, who is not told."""
    for name, role, language in (
        ("pia", Role.PROVIDER_OWNER, ""),
        ("luc", Role.PROVIDER_OWNER, "fr"),
        ("left", Role.PROVIDER_OWNER, ""),
        ("op", Role.OPERATOR, ""),
    ):
        user = User.objects.create_user(f"{name}@provider.example", language=language)
        Membership.objects.create(user=user, client=None, role=role)
    User.objects.filter(email="left@provider.example").update(is_active=False)


def heard():
    letters = []
    tell_of_listings(timezone.now(), letters.append)
    return sorted(each.recipient for each in letters)


def test_each_owner_hears_once_until_the_node_is_off_all_lists():
    tell_node(figures={LISTINGS: 2.0})
    assert [heard(), heard()] == [["luc@provider.example", "pia@provider.example"], []]
    assert Entry.objects.get(action="listing.told").after == {"node": NODE, "listings": 2, "letters": 2}
    assert find_node(NODE, timezone.now()).troubles == (Trouble.LISTED,)
    tell_node(figures={LISTINGS: 0.0})
    assert heard() == []
    tell_node(figures={LISTINGS: 1.0})
    assert len(heard()) == 2


def test_while_the_mail_server_is_away_nothing_is_taken_for_told():
    tell_node(figures={LISTINGS: 1.0})

    def fail(trouble):
        def send(_news):
            raise trouble("no")

        return send

    assert tell_of_listings(timezone.now(), fail(Unavailable)) == 0
    assert len(heard()) == 2
    tell_node(figures={})
    heard()
    tell_node(figures={LISTINGS: 1.0})
    assert tell_of_listings(timezone.now(), fail(Refused)) == 0
    assert heard() == []


def test_the_letter_says_where_to_look_in_the_readers_language():
    tell_node(figures={LISTINGS: 2.0})
    letters = []
    tell_of_listings(timezone.now(), lambda news: letters.append(listing_mail(news)))
    subjects = sorted(each.subject for each in letters)
    assert subjects == [
        f"{NODE} envoie depuis une adresse qui est sur une liste noire",
        f"{NODE} sends from an address that is on a blacklist",
    ]
    assert all(f"/provider/nodes/{NODE}/" in each.text and ": 2 " in each.text for each in letters)
