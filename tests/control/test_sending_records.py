import pytest

from ecluse.control.signing.records import Provider, Purpose, look_at, proposals, sts_policy
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.mtasts.policy import parse_policy

PROVIDER = Provider(
    "dkim.provider.example", "spf.provider.example", "dmarc@provider.example", "tls@provider.example", ("mx.p.example",)
)
ALL = {each.purpose: each for each in proposals("a.example", PROVIDER)}


def answer(*texts):
    return Answer(DnsStatus.OK, tuple(each.encode() for each in texts))


@pytest.mark.parametrize("purpose", Purpose)
def test_what_is_proposed_is_what_is_looked_for(purpose):
    assert look_at(ALL[purpose], answer("other text", ALL[purpose].record.text)).standing == "published"
    assert look_at(ALL[purpose], answer("other text")).standing == "missing"
    assert look_at(ALL[purpose], Answer(DnsStatus.NXDOMAIN)).standing == "missing"
    assert look_at(ALL[purpose], Answer(DnsStatus.TIMEOUT)).standing == "unknown"
    assert look_at(ALL[purpose], answer(*[ALL[purpose].record.text] * 2)).standing == "other"


@pytest.mark.parametrize(
    ("found", "standing", "wanted"),
    [
        ("v=spf1 mx -all", "other", "v=spf1 mx include:spf.provider.example -all"),
        ("v=spf1 ip4:192.0.2.1", "other", "v=spf1 ip4:192.0.2.1 include:spf.provider.example"),
        ("v=spf1 a redirect=o.example", "other", "v=spf1 a include:spf.provider.example redirect=o.example"),
        ("V=SPF1 INCLUDE:SPF.PROVIDER.EXAMPLE ?all", "published", None),
        ("v=spf1 redirect=spf.provider.example", "published", None),
    ],
)
def test_a_domain_keeps_its_own_spf_record_and_ours_goes_into_it(found, standing, wanted):
    result = look_at(ALL[Purpose.SPF], answer(found))
    assert result.standing == standing
    assert wanted in {None, result.wanted}


def test_any_dmarc_policy_is_the_clients_to_choose():
    assert look_at(ALL[Purpose.DMARC], answer("v=DMARC1; p=reject")).standing == "published"
    assert look_at(ALL[Purpose.DMARC], answer("v=DMARC1")).standing == "other"


def test_what_the_provider_has_not_set_is_not_proposed():
    assert [each.purpose for each in proposals("a.example", Provider())] == [Purpose.DMARC]


def test_the_policy_that_is_proposed_is_one():
    policy = parse_policy(sts_policy(PROVIDER))
    assert (policy.mode, tuple(policy.patterns)) == ("testing", ("mx.p.example",))
