"""Whether an address belongs to a configured network."""

from __future__ import annotations

import pytest

from ecluse.mta.reception.networks import Networks, plain_address


@pytest.mark.parametrize(
    ("ip", "belongs"),
    [
        ("192.0.2.1", True),
        ("192.0.3.1", False),
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("::ffff:192.0.2.1", True),
        ("::ffff:192.0.3.1", False),
        ("2001:db8::1%eth0", True),
        ("", False),
        ("not an address", False),
    ],
)
def test_an_address_belongs_or_not(ip, belongs):
    networks = Networks(("192.0.2.0/24", "198.51.100.7", "2001:db8::/32"))
    assert (ip in networks) is belongs
    assert (ip in networks) is belongs


def test_nobody_belongs_to_no_network():
    assert "127.0.0.1" not in Networks(())
    assert None not in Networks(("0.0.0.0/0",))


def test_what_is_no_network_is_told_at_once():
    with pytest.raises(ValueError, match="does not appear"):
        Networks(("example.com",))


def test_an_ipv4_address_inside_ipv6_is_that_ipv4_address():
    assert str(plain_address("::ffff:192.0.2.1")) == "192.0.2.1"
