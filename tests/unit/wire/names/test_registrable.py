"""The domain that somebody registered."""

from __future__ import annotations

import pytest

from ecluse.wire.names.registrable import registrable_domain


@pytest.mark.parametrize(
    ("name", "registrable"),
    [
        ("mail.example.com", "example.com"),
        ("EXAMPLE.co.uk.", "example.co.uk"),
        ("co.uk", None),
        ("com", None),
        ("a.b.unlisted", "b.unlisted"),
        ("www.\u98df\u72ee.\u4e2d\u56fd", "xn--85x722f.xn--fiqs8s"),
        ("a.b.kobe.jp", "a.b.kobe.jp"),
        ("www.city.kobe.jp", "city.kobe.jp"),
        ("", None),
        (".com", None),
    ],
)
def test_it_is_one_label_more_than_the_public_suffix(name: str, registrable: str | None):
    assert registrable_domain(name) == registrable
