from __future__ import annotations

import pytest

from ecluse.wire.html.safe import MAX_CHARACTERS, safe_html
from tests.cpu import cpu


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<b onclick=x>a</b>", "<b>a</b>"),
        ("a<script>b</script><style>c</style>", "a"),
        ("<a href='javascript:x'>a</a>", '<a rel="noopener noreferrer nofollow">a</a>'),
        ("<iframe src=x></iframe><form action=x><input></form>", ""),
        ("<p style='color:red'>a</p>", "<p>a</p>"),
        ("<img src='http://a.example/x.png'>a", "a"),
        ("<td background=x>", ""),
    ],
)
def test_nothing_that_acts_is_left(html, safe):
    assert safe_html(html) == safe
    assert safe_html(safe) == safe


def test_pictures_are_loaded_only_where_that_is_wanted():
    html = '<img src="http://a.example/x.png" onerror="y">'
    assert safe_html(html, loads_pictures=True) == '<img src="http://a.example/x.png">'


@pytest.mark.parametrize("unit", ["<b>", "<div><table>", "<svg><p>", "<math><mi>", "</p>", "<a href=x>", "&lt;", "<"])
def test_it_is_bounded(unit):
    with cpu() as spent:
        safe = safe_html(unit * (2 * MAX_CHARACTERS // len(unit)))
    assert len(safe) < 8 * MAX_CHARACTERS
    assert spent.seconds < 3
