"""A next hop that stays keeps its id when others come and go."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.tenants import services
from ecluse.domain.policy import Route, Tls
from tests.control.cast import ADMIN, client

pytestmark = pytest.mark.django_db
A, B, C = (Route(f"{name}.one.example", 25) for name in "abc")


@pytest.fixture
def domain():
    owner = client("One")
    with scope(client=owner):
        yield services.add_domain(owner, "one.example", [A, B], by=ADMIN)


def ids(domain):
    return {each.host[0]: each.pk for each in domain.routes.all()}


def order(domain):
    return "".join(each.host[0] for each in domain.routes.all())


def test_what_is_added_and_removed_touches_no_other(domain):
    before = ids(domain)
    services.add_route(domain, C, by=ADMIN)
    assert {**ids(domain), **before} == ids(domain)
    services.remove_route(domain.routes.get(host=A.host), by=ADMIN)
    assert ids(domain)["b"] == before["b"]
    assert order(domain) == "bc"


@pytest.mark.parametrize(
    ("wanted", "expected", "kept"),
    [
        ([A, B], "ab", "ab"),
        ([B, A], "ba", "b"),  # One priority: who moves behind is a new one.
        ([C, B], "cb", ""),
        ([B, C], "bc", "b"),
        ([Route(A.host, 25, 20, Tls.VERIFY), B], "ba", "ab"),
        ([Route(A.host, 26), B], "ab", ""),
    ],
)
def test_the_order_is_the_one_that_was_given(domain, wanted, expected, kept):
    before = ids(domain)
    services.set_routes(domain, wanted, by=ADMIN)
    assert order(domain) == expected
    assert "".join(name for name, pk in sorted(ids(domain).items()) if before.get(name) == pk) == kept
    told = {(each.host, each.port): each.next_hop for each in domain.routes.all()}
    assert told == {(hop.host, hop.port): hop for hop in wanted}
