"""Limits that two nodes count together through a real Redis; without it each counts by itself."""

import asyncio

import pytest

from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.adapters.valkey import quotas as quotas_module
from ecluse.adapters.valkey.quotas import ClusterQuotas
from ecluse.domain.quota import DAY_S, Bucket, Charge, Crowd, Sum
from tests.contract.quotas.contract import NOW, QuotasContract, crowd
from tests.counter_server import PROGRAM, Redis

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(PROGRAM is None, reason="no redis-server: scripts/install-test-servers"),
]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    redis = Redis(tmp_path_factory.mktemp("redis")).start()
    yield redis
    redis.stop()


@pytest.fixture
async def nodes(tmp_path, redis, monkeypatch):
    # A busy machine is no server that is away; one that has ended refuses the connection at once.
    monkeypatch.setattr(quotas_module, "PATIENCE_S", 60.0)
    redis.forget_all()
    own = [SqliteQuotas(tmp_path / f"{name}.sqlite", b"salt") for name in ("one", "two")]
    both = [ClusterQuotas(each, redis.server, b"salt") for each in own]
    yield both
    for each in both:
        await each.close()
    for each in own:
        each.close()


@pytest.fixture
def quotas(nodes):
    return nodes[0]


class TestClusterQuotas(QuotasContract):
    pass


async def test_of_two_nodes_that_ask_at_once_just_as_many_pass_as_may(nodes):
    """Contract 3-11: 500 pass, the 501st does not, at whichever node."""
    charges = [(nodes[one % 2], Charge(NOW, crowds=(Crowd("c", (f"p{one}",), 500),))) for one in range(600)]
    grants = []
    for at in range(0, len(charges), 20):
        grants += await asyncio.gather(*[node.take(charge) for node, charge in charges[at : at + 20]])
    assert sum(not grant.denied for grant in grants) == 500


async def test_sums_and_buckets_are_those_of_all_nodes(nodes):
    charge = Charge(NOW, (Sum("s", DAY_S, 2),), (), (Bucket("b", 3.0, 0.0),))
    await nodes[0].take(charge)
    grant = await nodes[1].take(charge)
    assert (grant.sums, grant.levels) == ((4,), (6.0,))
    assert await nodes[1].days("s", [int(NOW // DAY_S)]) == (4,)
    await nodes[0].empty(["b"])
    assert (await nodes[1].take(charge)).levels == (3.0,)


async def test_while_the_server_is_away_each_node_counts_by_itself(nodes, redis):
    await nodes[0].take(Charge(NOW, crowds=(crowd("ann", "bob", "cleo"),)))
    redis.stop()
    try:
        assert (await nodes[1].take(Charge(NOW, crowds=(crowd("dan"),)))).crowds == (1,)
        assert (await nodes[0].take(Charge(NOW, crowds=(crowd("dan"),)))).denied
    finally:
        redis.start()


async def test_what_the_cluster_has_denied_the_node_has_not_counted_when_the_server_is_away(nodes, redis):
    full = Charge(NOW, (Sum("free", 60, 1, most=9), Sum("s", 60, 3, most=3)), (crowd("ann"),), (Bucket("b", 1.0, 0.0),))
    assert (await nodes[0].take(full)).denied is None
    assert [bool((await nodes[1].take(full)).denied) for _ in range(3)] == [True] * 3
    redis.stop()
    try:
        own = await nodes[1].take(full)
        assert (own.sums, own.crowds, own.levels) == ((1, 3), (1,), (1.0,))
    finally:
        redis.start()


async def test_a_node_remembers_what_a_server_that_has_begun_anew_does_not(nodes, redis):
    one = Sum("s", 60, 2, most=2)
    await nodes[0].take(Charge(NOW, (one,)))
    redis.forget_all()
    assert (await nodes[0].take(Charge(NOW, (one,)))).denied == one
    assert (await nodes[1].take(Charge(NOW, (one,)))).sums == (2,)  # Of what was denied the server has counted nothing.
