from __future__ import annotations

import pytest

from ecluse.filtering.brand_names import brand_in, imitated_brand, resembles
from tests.cpu import cpu


@pytest.mark.parametrize(
    ("name", "domain", "brand"),
    [
        ("PayPal", "evil.example", "PayPal"),
        ("Service PayPal France", "evil.example", "PayPal"),
        ("P\u0430yP\u0430l Security", "evil.example", "PayPal"),
        ("Cr\u00e9dit Agricole", "evil.example", "Cr\u00e9dit Agricole"),
        ("CREDIT AGRICOLE", "evil.example", "Cr\u00e9dit Agricole"),
        ("PayPal", "paypal.com", ""),
        ("PayPal", "paypal.co.uk", ""),
        ("Paypalm Beach", "evil.example", ""),
        ("Amazon", "evil.example", "Amazon"),
        ("Amazon Rivers Trust", "rivers.example", ""),  # Also a river.
        ("Ann Lee", "evil.example", ""),
        ("", "", ""),
    ],
)
def test_a_protected_name_belongs_to_its_owners_domains(name, domain, brand):
    assert brand_in(name, domain) == brand


@pytest.mark.parametrize(
    ("domain", "brand"),
    [("paypa1.com", "PayPal"), ("xn--pypl-53dc.com", "PayPal"), ("paypal.com", ""), ("example.com", ""), ("", "")],
)
def test_a_domain_may_be_made_to_look_like_one(domain, brand):
    assert imitated_brand(domain) == brand


def test_a_clients_own_domains_are_compared_in_the_same_way():
    assert resembles(("example.com", "client.example"), "exarnp1e.com")
    assert resembles(("client.example",), "client-pay.example")
    assert not resembles(("client.example",), "client.example")
    assert not resembles((), "client.example")


def test_a_hostile_name_takes_no_long_time():
    with cpu() as spent:
        brand_in("paypal" * 50_000, "evil.example")
        imitated_brand("paypal-" * 50_000 + ".com")
    assert spent.seconds < 0.5
