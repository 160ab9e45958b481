"""A domain's page says whether its servers answer, and has them tried."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.mail.models import NodeOrder
from ecluse.control.operation.models import ToldReport
from ecluse.control.tenants.models import Domain, ToldRoute


@pytest.fixture
def page(cast):
    with scope(client=cast.one):
        return f"/clients/{cast.one.pk}/domains/{Domain.objects.get(name='one.example').pk}/"


def told(cast, state, said=""):
    with scope(client=cast.one):
        domain = Domain.objects.get(name="one.example")
        route = domain.routes.get()
        return ToldRoute.objects.create(
            client=cast.one,
            domain=domain,
            node="mx1.gateway.test",
            host=route.host,
            port=route.port,
            state=state,
            since=time.time(),
            said=said,
            said_at=time.time(),
        )


@pytest.mark.parametrize(
    ("state", "words"), [("up", "answers"), ("down", "does not answer"), ("turns-away", "turns us away")]
)
def test_the_state_of_a_route_its_node_and_the_servers_words_stand_there(cast, page, state, words):
    browser = cast.browser(Role.HELP_DESK)
    assert "no mail yet" in browser.get(page).text
    told(cast, state, "554 <b>no</b>")
    text = browser.get(page).text
    assert words in text
    assert "mx1.gateway.test" in text
    assert "554 &lt;b&gt;no&lt;/b&gt;" in text


def test_try_now_orders_it_of_the_nodes_and_looks_again_by_itself(cast, page):
    told(cast, "down", "connection refused")
    ToldReport.objects.create(node="mx1.gateway.test", body=b"", heard_at=timezone.now())
    text = cast.browser(Role.ADMINISTRATOR).post(f"{page}routes/try", follow=True).text
    assert "Our servers are asking" in text
    assert 'hx-trigger="load delay:4s"' in text
    with scope(client=cast.one):
        assert [row.node for row in NodeOrder.objects.filter(kind="try-routes")] == ["mx1.gateway.test"]


def test_without_a_node_nothing_is_ordered(cast, page):
    assert "the first mail will show" in cast.browser(Role.ADMINISTRATOR).post(f"{page}routes/try", follow=True).text
