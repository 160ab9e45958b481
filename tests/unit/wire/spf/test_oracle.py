"""Our outcomes and those of pyspf for the same records."""

from __future__ import annotations

import warnings

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.wire.spf.check import check_spf

with warnings.catch_warnings():
    # It has strings that Python no longer likes.
    warnings.simplefilter("ignore")
    import spf as pyspf

pyspf.MAX_VOID_LOOKUPS = 1_000

NAMES = ("a.test", "b.test", "c.test")
ZONE = {
    ("b.test", "A"): ("192.0.2.1", "198.51.100.9"),
    ("c.test", "A"): ("203.0.113.7",),
    ("b.test", "AAAA"): ("2001:db8::1",),
    ("c.test", "MX"): (Mx(10, "b.test"), Mx(20, "c.test")),
    ("1.2.0.192.in-addr.arpa", "PTR"): ("b.test",),
}
TARGET = st.sampled_from([*NAMES, "%{d}", "%{l}.test", "%{o1}", "%{p}", "nowhere.test", "x"])
LENGTH = st.sampled_from(["", "/24", "/0", "//64", "/16//32", "/33"])
MECHANISM = st.one_of(
    st.sampled_from(
        ["all", "a", "mx", "ptr", "ip4:192.0.2.0/24", "ip4:192.0.2.300", "ip6:2001:db8::/32", "foo", "ip6:1"]
    ),
    st.tuples(st.sampled_from(["a:", "mx:"]), TARGET, LENGTH).map("".join),
    st.tuples(st.sampled_from(["include:", "exists:", "ptr:"]), TARGET).map("".join),
)
TERM = st.one_of(
    st.tuples(st.sampled_from(["", "", "-", "~", "?"]), MECHANISM).map("".join),
    TARGET.map("redirect={}".format),
)
RECORD = st.lists(TERM, max_size=4).map(lambda terms: " ".join(["v=spf1", *terms]))


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, RECORD)), st.sampled_from(["192.0.2.1", "203.0.113.8", "2001:db8::1"])
)
async def test_pyspf_says_the_same(records: dict[str, str], ip: str):
    # pyspf refuses a record that names itself even where nothing comes to that.
    assume(not any(f":{name}" in records[name] or f"={name}" in records[name] for name in NAMES))
    assume("include:%{" not in "".join(records.values()))

    async def lookup(name: str, kind: str) -> Answer:
        found = (records[name].encode(),) if kind == "TXT" and name in records else ZONE.get((name, kind), ())
        return Answer(DnsStatus.OK, found) if found else Answer(DnsStatus.NXDOMAIN)

    ours = await check_spf(ip, "helo.test", "b@a.test", "mx.test", lookup, now=0)
    # We count terms without data (RFC 7208 section 4.6.4), pyspf counts questions.
    assume("without data" not in ours.reason)
    assert ours.outcome == oracle(records, ip), ours


def oracle(records: dict[str, str], ip: str) -> str:
    def look_up(name: str, kind: str, *_options: object) -> list[tuple[tuple[str, str], object]]:
        if kind == "TXT" and name in records:
            return [((name, kind), (records[name].encode(),))]
        found = ZONE.get((name, kind), ())
        return [((name, kind), (one.preference, one.host) if isinstance(one, Mx) else one) for one in found]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyspf.DNSLookup = look_up
        query = pyspf.query(i=ip, s="b@a.test", h="helo.test", receiver="mx.test")
        return query.check()[0]
