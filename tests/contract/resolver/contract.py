"""What every resolver promises about the zone of `conftest.py`; an adapter joins by a subclass that gives `resolver`."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.domain.dns import Answer, DnsStatus, Mx


class ResolverContract:
    @pytest.mark.parametrize(
        ("name", "kind", "records"),
        [
            ("a.test", "A", {"192.0.2.1", "192.0.2.2"}),
            ("A.Test.", "AAAA", {"2001:db8::1"}),
            ("a.test", "MX", {Mx(10, "mail.test"), Mx(20, "backup.test")}),
            ("a.test", "TXT", {b"v=spf1 -all"}),
            ("a.test", "NS", {"ns.test"}),
            ("www.test", "CNAME", {"cdn.test"}),
            ("1.2.0.192.test", "PTR", {"mail.a.test"}),
        ],
    )
    async def test_knows_every_type(self, resolver, name, kind, records):
        answer = await resolver.ask(name, kind)
        assert answer.status is DnsStatus.OK
        assert set(answer.records) == records
        assert 0 < answer.ttl <= 300

    async def test_follows_aliases_and_takes_the_least_time(self, resolver):
        answer = await resolver.ask("www.test", "A")
        assert set(answer.records) == {"192.0.2.1", "192.0.2.2"}
        assert answer.ttl <= 60

    async def test_tells_no_such_name_from_no_such_record(self, resolver):
        assert (await resolver.ask("none.test", "A")).status is DnsStatus.NXDOMAIN
        assert (await resolver.ask("a.test", "CNAME")).status is DnsStatus.NO_DATA

    async def test_a_long_answer_is_whole(self, resolver):
        assert (await resolver.ask("long.test", "TXT")).octets == (b"x" * 5_000,)

    async def test_trouble_is_a_result(self, resolver):
        assert (await resolver.ask("fail.test", "A")).status is DnsStatus.SERVFAIL

    @pytest.mark.parametrize("name", ["", "a..test", "x" * 64 + ".test", "é.test"])
    async def test_what_is_no_name_is_not_asked(self, resolver, name):
        assert await resolver.ask(name, "A") == Answer(DnsStatus.BAD_NAME)

    async def test_many_ask_at_once(self, resolver):
        answers = await asyncio.gather(*(resolver.ask(f"n{number % 50}.test", "A") for number in range(500)))
        assert {answer.status for answer in answers} == {DnsStatus.NXDOMAIN}
