"""Limits that two nodes count together through a real Redis; without it each counts by itself."""

import asyncio

import pytest

from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.adapters.valkey.quotas import ClusterQuotas
from ecluse.domain.quota import DAY_S, Bucket, Claim, Crowd, Sum
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
async def nodes(tmp_path, redis):
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
    claims = [(nodes[one % 2], Claim(NOW, crowds=(Crowd("c", (f"p{one}",), 500),))) for one in range(600)]
    grants = []
    for at in range(0, len(claims), 20):
        grants += await asyncio.gather(*[node.take(claim) for node, claim in claims[at : at + 20]])
    assert sum(not grant.denied for grant in grants) == 500


async def test_sums_and_buckets_are_those_of_all_nodes(nodes):
    claim = Claim(NOW, (Sum("s", DAY_S, 2),), (), (Bucket("b", 3.0, 0.0),))
    await nodes[0].take(claim)
    grant = await nodes[1].take(claim)
    assert (grant.sums, grant.levels) == ((4,), (6.0,))
    assert await nodes[1].days("s", [int(NOW // DAY_S)]) == (4,)
    await nodes[0].empty(["b"])
    assert (await nodes[1].take(claim)).levels == (3.0,)


async def test_while_the_server_is_away_each_node_counts_by_itself(nodes, redis):
    await nodes[0].take(Claim(NOW, crowds=(crowd("ann", "bob", "cleo"),)))
    redis.stop()
    try:
        assert (await nodes[1].take(Claim(NOW, crowds=(crowd("dan"),)))).crowds == (1,)
        assert (await nodes[0].take(Claim(NOW, crowds=(crowd("dan"),)))).denied
    finally:
        redis.start()
