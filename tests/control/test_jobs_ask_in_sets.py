"""What a job asks does not grow with clients of which nothing is to be done: each case has three of them."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.control.mail.jobs import keep_house
from ecluse.control.mail.models import HeldCopy, HeldMessage
from ecluse.control.mail.quarantine import DAY_S, set_rules
from tests.control.cast import OPERATOR
from tests.control.cast import client as make_client

pytestmark = pytest.mark.django_db

NAMES = ("One", "Two", "Three")


def test_held_mail_that_is_not_old(django_assert_max_num_queries):
    now = time.time()
    for name in NAMES:
        client = make_client(name)
        with scope(client=client):
            values = {"node": "mx1", "size": 1, "disposition": "refuse", "received_at": now - 8 * DAY_S}
            message = HeldMessage.objects.create(id=name, client=client, **values)
            HeldCopy.objects.create(client=client, message=message, recipient=f"ann@{name.lower()}.example")
            if name == "Three":
                set_rules(client, keep_days=9, by=OPERATOR)
    with django_assert_max_num_queries(30) as asked:
        keep_house(now)
    assert not [each["sql"] for each in asked if "keep_days" in each["sql"] and "LIMIT 1" in each["sql"]]
    keep_house(now + 2 * DAY_S)  # Whose own term is over loses his, and nobody else.
    with scopes_disabled():
        assert dict(HeldCopy.objects.values_list("message_id", "state")) == {
            "One": "held",
            "Two": "held",
            "Three": "deleting",
        }
