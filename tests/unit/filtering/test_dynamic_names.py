from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.filtering.dynamic_names import looks_dynamic


@pytest.mark.parametrize(
    ("name", "ip"),
    [
        ("p5DCE1A2B.dip0.t-ipconnect.example", "93.206.26.43"),
        ("host-93-206-26-43.dynamic.provider.example", "93.206.26.43"),
        ("43.26.206.93.dsl.provider.example", "93.206.26.43"),
        ("lfbn-par-1-26-43.w93-206.abo.provider.example", "93.206.26.43"),
        ("93-206-26-43.provider.example", "93.206.26.43"),
        ("cpe-093-206-026-043.cable.provider.example", "93.206.26.43"),
        ("pool-26-43.dhcp.provider.example", "93.206.26.43"),
        ("20010db8000000010000000000000005.v6.provider.example", "2001:db8:0:1::5"),
    ],
)
def test_a_subscribers_line_is_recognised(name, ip):
    assert looks_dynamic(name, ip)


@pytest.mark.parametrize(
    ("name", "ip"),
    [
        ("mail.example", "93.206.26.43"),
        ("mx1.example", "93.206.26.43"),
        ("mail-sor-f41.provider.example", "209.85.220.41"),
        ("static-93-206-26-43.provider.example", "93.206.26.43"),
        ("mail-93-206-26-43.provider.example", "93.206.26.43"),
        ("smtp-out-26-43.pool.example", "93.206.26.43"),
        ("a26-43.smtp-out.sender.example", "93.206.26.43"),
        ("dsl.example", "93.206.26.43"),
        ("dynamics.example", "93.206.26.43"),
        ("web26.example", "93.206.26.43"),
        ("o1.email.example", "1.1.1.1"),
        # Groups without their zeros are not the whole address: no guess.
        ("2001-db8-0-1-0-0-0-5.dyn.provider.example", "2001:db8:0:1::5"),
    ],
)
def test_a_server_is_none(name, ip):
    assert not looks_dynamic(name, ip)


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=300), st.ip_addresses().map(str))
def test_no_name_raises(name, ip):
    assert looks_dynamic(name, ip) in {True, False}


def test_a_hostile_name_costs_nothing():
    assert not looks_dynamic("1-" * 100_000, "93.206.26.43")
