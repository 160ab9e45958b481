from __future__ import annotations

import pytest

from ecluse.wire.names.brands import BRANDS, Brand
from ecluse.wire.names.lookalikes import Likeness, LookAlikes
from ecluse.wire.names.skeleton import skeleton

OWN = Brand("Maple Street Bank", ("maplestreetbank.example", "maple.example"))
WORD = Brand("Orange", ("orange.example",), is_word=True)
LOOK_ALIKES = LookAlikes((OWN, WORD))


@pytest.mark.parametrize(
    ("host", "likeness"),
    [
        ("maplestreetb\u0430nk.example", Likeness.SHAPE),
        ("www.xn--maplestreetbnk-6tl.example", Likeness.SHAPE),
        ("rnaplestreetbank.test", Likeness.SHAPE),
        ("map1estreetbank.example", Likeness.SHAPE),
        ("maplestr\u00e9etbank.example", Likeness.SHAPE),
        ("\uff4daplestreetbank.example", Likeness.SHAPE),
        ("0range.example", Likeness.SHAPE),
        ("maplestreetbnak.example", Likeness.TYPO),
        ("maplestreetbank1.example", Likeness.TYPO),
        ("maplestreetbank.example.evil.test", Likeness.INSIDE),
        ("login.maplestreetbank.example.evil.test", Likeness.INSIDE),
        ("maplestreetbank-secure.test", Likeness.INSIDE),
        ("my-rnaplestreetbank.test", Likeness.INSIDE),
    ],
)
def test_look_alikes_are_told(host, likeness):
    found = LOOK_ALIKES.of(host)
    assert found is not None
    assert found.likeness is likeness


@pytest.mark.parametrize(
    "host",
    [
        "maplestreetbank.example",
        "www.maplestreetbank.example",
        "MAPLE.example",
        "maplestreetbank.test",
        "gardening.example",
        "mable.example",
        "orange-county.example",
        "oranges.example",
        "\u043f\u0440\u0438\u043c\u0435\u0440.example",
        "b\u00fccher.example",
        "",
        "[::1]",
    ],
)
def test_honest_names_are_not(host):
    assert LOOK_ALIKES.of(host) is None


def test_no_brand_of_ours_looks_like_another():
    look_alikes = LookAlikes(BRANDS)
    for brand in BRANDS:
        for domain in brand.domains:
            assert look_alikes.of(domain) is None
            assert domain == domain.lower()
            assert look_alikes.of(f"www.{domain}") is None


@pytest.mark.parametrize(
    ("one", "other"), [("paypa1", "paypal"), ("\u0440\u0430ypal", "paypal"), ("rnodern", "modern")]
)
def test_what_looks_the_same_has_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize("name", ["", "xn--", "xn---", "xn--a.", "\ud800", "a" * 300, "xn--" + "9" * 100])
def test_no_name_has_no_skeleton(name):
    assert len(skeleton(name)) <= 255
