"""What every store of quotas promises."""

import asyncio

from ecluse.domain.quota import DAY_S, Bucket, Charge, Crowd, Sum
from ecluse.ports.quotas import Quotas

NOW = 1_764_000_000.0  # A multiple of 60.


def crowd(*members, name="c", most=3, kept_s=100.0):
    return Crowd(name, members, most, kept_s)


class QuotasContract:
    """An adapter joins by one subclass that gives `quotas`, empty."""

    async def test_sums_are_counted_up_to_their_limit(self, quotas: Quotas):
        one = Sum("s", 60, 2, most=4)
        assert (await quotas.take(Charge(NOW, (one,)))).sums == (2,)
        assert (await quotas.take(Charge(NOW + 59, (one,)))).sums == (4,)
        assert (await quotas.take(Charge(NOW + 59.9, (one,)))).denied == one

    async def test_each_window_begins_anew(self, quotas: Quotas):
        one = Sum("s", 60, 4, most=4)
        assert (await quotas.take(Charge(NOW, (one,)))).denied is None
        assert one.ends_at(NOW) == NOW + 60
        assert (await quotas.take(Charge(NOW + 60, (one,)))).sums == (4,)

    async def test_a_limit_of_nothing_is_none(self, quotas: Quotas):
        assert (await quotas.take(Charge(NOW, (Sum("s", 60, 10**6),)))).sums == (10**6,)

    async def test_a_crowd_counts_each_of_its_members_once(self, quotas: Quotas):
        assert (await quotas.take(Charge(NOW, crowds=(crowd("ann", "bob"),)))).crowds == (2,)
        assert (await quotas.take(Charge(NOW, crowds=(crowd("ann", "cleo"),)))).crowds == (3,)
        assert (await quotas.take(Charge(NOW, crowds=(crowd("ann", "cleo", "bob"),)))).crowds == (3,)
        denied = crowd("ann", "dan")
        assert (await quotas.take(Charge(NOW, crowds=(denied,)))).denied == denied

    async def test_members_leave_a_crowd_when_they_have_not_come_for_its_time(self, quotas: Quotas):
        await quotas.take(Charge(NOW, crowds=(crowd("ann", "bob", "cleo"),)))
        await quotas.take(Charge(NOW + 50, crowds=(crowd("ann"),)))
        assert (await quotas.take(Charge(NOW + 99, crowds=(crowd("dan"),)))).denied
        assert (await quotas.take(Charge(NOW + 101, crowds=(crowd("dan"),)))).crowds == (2,)

    async def test_of_what_is_denied_nothing_is_counted(self, quotas: Quotas):
        free, full = Sum("free", 60, 1, most=5), Sum("full", 60, 1)
        charge = Charge(NOW, (free, full), (crowd("a", "b", "c", "d"),), (Bucket("b", 5.0, 0.0),))
        assert (await quotas.take(charge)).denied == charge.crowds[0]
        grant = await quotas.take(Charge(NOW, (free, full), (crowd("a"),), (Bucket("b", 5.0, 0.0),)))
        assert (grant.sums, grant.crowds, grant.levels) == ((1, 1), (1,), (5.0,))

    async def test_names_are_counted_apart(self, quotas: Quotas):
        await quotas.take(Charge(NOW, (Sum("s", 60, 1),), (crowd("ann"),)))
        grant = await quotas.take(Charge(NOW, (Sum("t", 60, 1),), (crowd("bob", name="d"),)))
        assert (grant.sums, grant.crowds) == ((1,), (1,))

    async def test_a_bucket_leaks(self, quotas: Quotas):
        await quotas.take(Charge(NOW, buckets=(Bucket("b", 10.0, 0.5),)))
        assert (await quotas.take(Charge(NOW + 10, buckets=(Bucket("b", 1.0, 0.5),)))).levels == (6.0,)
        assert (await quotas.take(Charge(NOW + 1000, buckets=(Bucket("b", 1.0, 0.5),)))).levels == (1.0,)

    async def test_a_bucket_can_be_emptied(self, quotas: Quotas):
        await quotas.take(Charge(NOW, buckets=(Bucket("b", 10.0, 0.0), Bucket("c", 10.0, 0.0))))
        await quotas.empty(["b"])
        grant = await quotas.take(Charge(NOW, buckets=(Bucket("b", 1.0, 0.0), Bucket("c", 1.0, 0.0))))
        assert grant.levels == (1.0, 11.0)

    async def test_what_a_day_came_to_is_told_later(self, quotas: Quotas):
        today = int(NOW // DAY_S)
        await quotas.take(Charge(NOW - DAY_S, (Sum("s", DAY_S, 7),)))
        await quotas.take(Charge(NOW, (Sum("s", DAY_S, 1),)))
        assert await quotas.days("s", [today - 2, today - 1, today]) == (0, 7, 1)

    async def test_of_many_at_once_just_as_many_pass_as_may(self, quotas: Quotas):
        charges = [Charge(NOW, (Sum("s", 60, 1, most=40),), (crowd(f"m{one}", most=30),)) for one in range(60)]
        grants = await asyncio.gather(*map(quotas.take, charges))
        assert sorted(grant.crowds[0] for grant in grants if not grant.denied) == list(range(1, 31))
