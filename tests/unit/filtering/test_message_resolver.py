from __future__ import annotations

import asyncio

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.filtering.message_resolver import MessageResolver
from tests.unit.filtering.names import Names

SPENT = Answer(DnsStatus.BUDGET)
A = {("a.example", "A"): ("192.0.2.1",)}


async def test_a_message_has_so_many_questions_and_no_more():
    names = Names(A)
    resolver = MessageResolver(names, max_queries=2)
    answers = [await resolver.ask("a.example", "A") for _ in range(3)]
    assert [answer.status for answer in answers] == [DnsStatus.OK, DnsStatus.OK, DnsStatus.BUDGET]
    assert names.asked["a.example"] == 2


async def test_questions_asked_at_once_share_the_budget():
    resolver = MessageResolver(Names(A), max_queries=3)
    answers = await asyncio.gather(*(resolver.ask("a.example", "A") for _ in range(10)))
    assert sum(answer == SPENT for answer in answers) == 7


async def test_a_question_that_outlasts_the_message_is_given_up():
    resolver = MessageResolver(Names(A, delay_s=5), deadline_s=0.02)
    assert await resolver.ask("a.example", "A") == SPENT


async def test_after_the_deadline_nothing_is_asked():
    names = Names(A)
    resolver = MessageResolver(names, deadline_s=0.01)
    await asyncio.sleep(0.02)
    assert await resolver.ask("a.example", "A") == SPENT
    assert not names.asked


class Known(Names):
    """A resolver whose cache holds all that it has."""

    def known(self, name: str, kind: str) -> Answer | None:
        self.asked[name] += 1
        records = self.records.get((name, kind))
        return Answer(DnsStatus.OK, records, 60) if records else None


async def test_what_is_known_counts_like_what_is_asked():
    names = Known(A)
    resolver = MessageResolver(names, max_queries=2)
    answers = [resolver.known("a.example", "A") for _ in range(3)]
    assert [answer.status for answer in answers if answer] == [DnsStatus.OK, DnsStatus.OK, DnsStatus.BUDGET]
    assert await resolver.ask("a.example", "A") == SPENT


async def test_what_is_not_known_counts_once_it_is_asked():
    resolver = MessageResolver(Known(A), max_queries=1)
    assert resolver.known("b.example", "A") is None
    assert (await resolver.ask("b.example", "A")).status is DnsStatus.NXDOMAIN
    assert resolver.known("b.example", "A") == SPENT
