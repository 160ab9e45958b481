from __future__ import annotations

import itertools
import math
import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.html import reader as reader_module
from ecluse.wire.html.look import Trick
from ecluse.wire.html.reader import _PlainReader, _Reader, read_html
from ecluse.wire.html.reading import HtmlForm, HtmlLimits, HtmlLink, LinkKind
from tests.cpu import cpu

HOSTILE = {
    "open blocks": "<div>",
    "open formats": "<b n><i n>",
    "open anchors": "<a><div>",
    "adopted formats": "<b><div></b>",
    "reopened formats": "<b c=1><i><p>",
    "open tables": "<table><tr><td>",
    "text beside cells": "<table><b>x",
    "open pictures": "<svg><g>",
    "open templates": "<template>",
    "open choices": "<select><option>",
    "closing tags": "</b></p>",
    "half a tag": '<b a="',
    "half a comment": "<!--",
    "conditional comments": "<!--[if x]><a href=x><!--<![endif]-->",
    "references": "&amp",
    "brackets": "<",
    "NULs": "\0",
    "styles": '<p style="font:0/0;color:#fff;left:-9px;clip:rect(0,0,0,0)">x',
    "sheets": "<style>a{color:red}</style>",
    "half a sheet": "<style>a{b{",
    "css comments": "<style>/*{",
    "css urls": "<p style='background:url(url(url('>",
    "many classes": "<p class='a b c d e f g h'>",
    "zero widths": "a\u200b",
    "sets of sources": "<img srcset='a,b,c,d,e,f 1x'>",
    "fields": "<input type=password>",
    "refreshes": "<meta http-equiv=refresh content='url = url = '>",
}


HIDING = [
    (Trick.DISPLAY_NONE, '<p style="display:none">X</p>'),
    (Trick.DISPLAY_NONE, '<p style="DISPLAY : none !important; display:block">X</p>'),
    (Trick.DISPLAY_NONE, '<p style="dis/**/play:none">X</p>'),
    (Trick.DISPLAY_NONE, r'<p style="\64 isplay:none">X</p>'),
    (Trick.DISPLAY_NONE, '<p style="&#100;isplay&colon;no&#110;e">X</p>'),
    (Trick.DISPLAY_NONE, "<p hidden>X</p>"),
    (Trick.DISPLAY_NONE, "<template>X</template>"),
    (Trick.DISPLAY_NONE, "<style>.h{display:none}</style><p class='a h'>X</p>"),
    (Trick.DISPLAY_NONE, "<p class=h>X</p><style>p.h{display:none}</style>"),
    (Trick.DISPLAY_NONE, "<style>#h,b{display:none}</style><p id=h>X</p>"),
    (Trick.DISPLAY_NONE, "<style>@media screen{i{display:none}}</style><i>X</i>"),
    (Trick.DISPLAY_NONE, "<div style='display:none'><table><tr><td>X</table></div>"),
    (Trick.VISIBILITY, "<p style='visibility:hidden'>X</p>"),
    (Trick.TRANSPARENT, "<p style='opacity:0.01'>X</p>"),
    (Trick.TINY_FONT, "<p style='font-size:0'>X</p>"),
    (Trick.TINY_FONT, "<p style='font-size:1px'>X</p>"),
    (Trick.TINY_FONT, "<p style='font-size:2%'>X</p>"),
    (Trick.TINY_FONT, "<p style='font: bold 0/0 arial'>X</p>"),
    (Trick.SAME_COLOUR, "<font color=#fefefe>X</font>"),
    (Trick.SAME_COLOUR, "<p style='color:rgb(255, 255, 250)'>X</p>"),
    (Trick.SAME_COLOUR, "<div style='background:#000'><p style='color:#010101'>X</p></div>"),
    (Trick.SAME_COLOUR, "<table><tr><td bgcolor=red><b style='color:red'>X</b></table>"),
    (Trick.SAME_COLOUR, "<p style='color:transparent'>X</p>"),
    (Trick.SAME_COLOUR, "<style>body{background:#123456 none} p{color:#123456}</style><p>X</p>"),
    (Trick.OFF_SCREEN, "<p style='position:absolute;left:-9999px'>X</p>"),
    (Trick.OFF_SCREEN, "<p style='text-indent:-60em'>X</p>"),
    (Trick.ZERO_BOX, "<p style='max-height:0;overflow:hidden'>X</p>"),
    (Trick.ZERO_BOX, "<p style='transform: scale(0)'>X</p>"),
    (Trick.CONDITIONAL, "<!--[if gte mso 9]><p>X</p><![endif]-->"),
]


@pytest.mark.parametrize(("trick", "html"), HIDING)
def test_hidden_text_is_kept_apart_with_the_trick_that_hides_it(trick, html):
    reading = read_html(f"a{html}b")
    assert reading.hidden == "X"
    assert dict(reading.tricks) == {trick: 1}
    assert reading.visible.replace("\n", "") == "ab"


@pytest.mark.parametrize(
    "html",
    [
        "<p>X</p>",
        "<p style='display:none; display:block'>X</p>",
        "<style>@media (max-width:600px){p{display:none}}</style><p>X</p>",
        "<style>/* p{display:none} */</style><p>X</p>",
        "<!--[if mso]><style>p{display:none}</style><![endif]--><p>X</p>",
        "<div style='visibility:hidden'><b style='visibility:visible'>X</b></div>",
        "<div style='font-size:0'><p style='font-size:12px'>X</p></div>",
        "<div style='font-size:0'><table><tr><td>X</table></div>",
        "<body background=dark.png><p style='color:#fff'>X</p>",
        "<p style='color:white;background:url(x) #fff'>X</p>",
        "<table bgcolor=navy><tr><td><font color=white>X</font></table>",
        "<div style='color:#fff'><a href=x>X</a></div>",
        "<div style='color:#fff'><button>X</button></div>",
        "<p style='width:5%;overflow:hidden'>X</p>",
        "<noscript>X</noscript>",
        "<p style='opacity:0.5;position:relative;left:-3px'>X</p>",
    ],
)
def test_text_that_can_be_read_is_visible(html):
    reading = read_html(html)
    assert (reading.visible, reading.hidden) == ("X", "")


def test_text_reads_as_it_is_shown():
    html = (
        "<title>T</title><p>One\n two<br>three</p><ul><li>f<b>o</b>ur<li>five</ul>p\u200bi\u200bll<!--c--><img alt=A>"
    )
    reading = read_html(html)
    assert reading.visible == "One two\nthree\nfour\nfive\npill"
    assert (reading.asides, reading.comments, reading.split_words) == ("T\nA", "c", 2)


def test_soft_hyphens_and_joiners_of_other_scripts_are_honest():
    reading = read_html("Donau&shy;dampf \u0646\u200c\u0645 a \u200b b")
    assert (reading.visible, reading.split_words) == ("Donaudampf \u0646\u0645 a b", 0)


def test_scripts_are_no_text():
    reading = read_html("<script>var a = '<b>no</b>'</script><iframe>no</iframe>yes")
    assert (reading.visible, reading.scripts) == ("yes", ("var a = '<b>no</b>'",))


@pytest.mark.parametrize(
    ("html", "url", "kind"),
    [
        ("<a href=' u '>", "u", LinkKind.CLICK),
        ("<area href=u>", "u", LinkKind.CLICK),
        ("<svg><a xlink:href=u></svg>", "u", LinkKind.CLICK),
        ("<img src=u>", "u", LinkKind.LOADED),
        ("<img srcset='u 2x'>", "u", LinkKind.LOADED),
        ("<td background=u>", "u", LinkKind.LOADED),
        ("<video poster=u>", "u", LinkKind.LOADED),
        ("<link href=u>", "u", LinkKind.LOADED),
        ("<p style=\"background:url( 'u' )\">", "u", LinkKind.LOADED),
        ("<style>p{background:url(u)}</style>", "u", LinkKind.LOADED),
        ("<style>@import 'u';</style>", "u", LinkKind.LOADED),
        ("<script src=u></script>", "u", LinkKind.SCRIPT),
        ("<iframe src=u></iframe>", "u", LinkKind.FRAME),
        ("<object data=u></object>", "u", LinkKind.FRAME),
        ("<form action=u></form>", "u", LinkKind.FORM),
        ("<button formaction=u></button>", "u", LinkKind.FORM),
        ("<q cite=u></q>", "u", LinkKind.NAMED),
        ("<p longdesc=u></p>", "u", LinkKind.NAMED),
        ("<meta http-equiv=Refresh content='3; URL=u'>", "u", LinkKind.REFRESH),
    ],
)
def test_every_url_is_a_link(html, url, kind):
    assert [(link.url, link.kind) for link in read_html("<body><table><tr>" + html).links] == [(url, kind)]


def test_a_link_knows_what_its_reader_sees():
    html = (
        "<base href=http://b.example/><a href=u>good<b>.exa</b>mple \u200b x</a><a name=n>no link</a>"
        "<div style='display:none'><a href=v>w</a></div><!--[if mso]><a href=o>p</a><![endif]--><a href=#top>up</a>"
    )
    reading = read_html(html)
    assert reading.base == "http://b.example/"
    assert [link for link in reading.links if link.kind is LinkKind.CLICK][1:] == [
        HtmlLink("u", LinkKind.CLICK, "good.example x"),
        HtmlLink("v", LinkKind.CLICK, "", is_hidden=True),
        HtmlLink("o", LinkKind.CLICK, "", is_hidden=True),
    ]


PLAIN = [
    "<p>a</p>",
    "<p style='color:#333;background:#eee;font-size:12px'>a</p>",
    "<style>p{color:#444;margin:10px}</style><p>a</p><td bgcolor=#eeffee>b",
    "<a href=u title=t>b<img src=v alt=w width=1 height=1></a><form action=x><input type=password></form>",
    "<!-- c --><!--[if mso]><a href=o>p</a><![endif]--><script>s</script><meta http-equiv=refresh content='0;url=r'>",
    "a<!--[if mso]><td style='display:none'>b<style>p{color:#fff}</style><![endif]-->c",
    "<body text=#222 background=u><style>p{border-color:#000}</style><p style='font-family:&quot;A&quot;'>a</p>",
    "<td style='background:#fff'>a</td>" * 500,
]
# Written so that a glance at the source, or a part of it, does not tell.
DISGUISED = [
    "<p style='color            :#fff'>X</p>",
    f"<p style='font:{' ' * 100}0px a'>X</p>",
    "<p style='transform:scaleX(0)'>X</p>",
    "<p style='DISPL&#65;Y:NONE'>X</p>",
    "<p style='d\\69splay:none'>X</p>",
    "<p>X</p><style>p{co/**/lor:#fff}</style>",
]


def thorough(html):
    """As `read_html` reads a page that may hide something."""
    reader = _Reader(HtmlLimits(), math.inf)
    reader.read(html)
    if reader.has_late_sheet:
        reader = _Reader(HtmlLimits(), math.inf, reader.sheet)
        reader.read(html)
    return reader.reading(is_cut=False)


def may_hide(html):
    reader = _PlainReader(HtmlLimits(), math.inf)
    reader.read(html)
    return reader.styling.may_hide()


@pytest.mark.parametrize("html", PLAIN)
def test_a_plain_page_reads_the_same_without_its_styles(html):
    assert not may_hide(html)
    assert read_html(html) == thorough(html)


@pytest.mark.parametrize("trick", list(Trick))
def test_no_page_that_hides_text_is_taken_for_a_plain_one(trick):
    assert all(
        may_hide(html) for hidden_by, html in HIDING if hidden_by is trick and hidden_by is not Trick.CONDITIONAL
    )


@pytest.mark.parametrize("html", DISGUISED)
def test_what_hides_text_is_seen_however_it_is_written(html):
    assert may_hide(html)
    assert read_html(html) == thorough(html)


NUMBERS = [
    *("00", "0.", "00.4", "01", "1.", ".9", "+0", "0e9", "9e-9", "12", "14.5", "100"),
    *("30.", "5", ".2", "150"),
]
FAR_NUMBERS = [*("-99", "-40.", "-99.5", "-.9e9", "-9e4", "-400", "-0999", "-500.5", "-7"), *("-15", "0", "12")]
UNITS = ["", "px", "pt", "pc", "em", "rem", "ex", "%", "cm", "mm", "in", "vw", "vh"]


@pytest.mark.parametrize("between", ["", " ", "   "])
@pytest.mark.parametrize("unit", UNITS)
def test_whatever_length_hides_text_has_its_page_read_with_styles(unit, between):
    sizes = [f"font{name}:{number}{between}{unit}" for name in ("-size", "") for number in NUMBERS]
    moves = [f"{name}:{number}{between}{unit}" for name in ("text-indent", "margin-left") for number in FAR_NUMBERS]
    for style in (*sizes, *moves):
        html = f"<p style='{style}'><b>X" + f"<b style='{style}'>X" * 5
        assert read_html(html) == thorough(html), style


PIECES = [
    *(
        "<p>",
        "<td>",
        "<a href=u>",
        "<b class=c>",
        "<font color=#fff>",
        "<table>",
        "<tr bgcolor=#000>",
        "<br>",
        "<img alt=t>",
    ),
    *("<p style='color:#eee'>", "<td style='font-size:0'>", "<b style='color:#333;background:#444'>", "<div hidden>"),
    *(
        "</p>",
        "</td>",
        "</a>",
        "</table>",
        "</b>",
        "a",
        "b ",
        "c\u200bd",
        "<!doctype html>",
        "<style>.c{color:#fff}</style>",
    ),
    *("<style>td{color:#123}</style>", "<!--[if mso]><td>e<![endif]-->", "<button>", "<title>f</title>", "<svg>"),
]


def test_pages_of_any_pieces_read_the_same_with_and_without_a_first_look():
    pieces = random.Random(20_261_127)
    for _ in range(1_500):
        html = "".join(pieces.choices(PIECES, k=pieces.randint(1, 10)))
        assert read_html(html) == thorough(html), html


def test_forms_and_dots_are_seen():
    reading = read_html(
        "<form action=a><input name=u><input type=hidden><input type=PASSWORD></form>"
        "<img src=x width=1 height=1px><img src=y width=100 height=1><img src=z style='display:none'>"
    )
    assert reading.forms == (HtmlForm("a", 2, has_password=True),)
    assert reading.pixels == 2


def test_a_password_field_outside_any_form_counts():
    assert read_html("<input type=password>").forms == (HtmlForm("", 1, has_password=True),)


def test_reading_ends_at_its_limits():
    page = "<p>a</p>" * 1_000 + "<b>last</b>"
    assert not read_html(page).is_cut
    for limits in (HtmlLimits(characters=200), HtmlLimits(tags=50), HtmlLimits(elements=30)):
        reading = read_html(page, limits)
        assert reading.is_cut
        assert "last" not in reading.visible
        assert reading.visible.startswith("a\na")
    assert read_html(page, HtmlLimits(seconds=-1)).is_cut
    assert read_html("<div>" * 300, HtmlLimits(depth=100)).is_cut
    assert len(read_html("<a href=x>" * 50, HtmlLimits(links=20)).links) == 20


LATE_SHEET = "<p>a</p>" * 5_000 + "<p class=h>last</p><style>.h{display:  none}</style>"


@pytest.mark.parametrize("looks", [1, 6, 15, 25, 40])
def test_all_readings_of_a_page_share_its_time(looks, monkeypatch):
    """The clock goes on by a second whenever it is looked at; three readings look at it about ten times each."""
    clock = itertools.count()
    monkeypatch.setattr(reader_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    reading = read_html(LATE_SHEET, HtmlLimits(seconds=looks))
    assert next(clock) <= looks + 4
    assert reading.is_cut is (looks < 40)
    assert reading.visible.startswith("a\na")
    assert ("last" in reading.hidden) is (looks == 40)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_pattern_is_dear(pattern):
    """Twice the input costs about twice as much, and never much."""
    limits = HtmlLimits(seconds=60)
    costs = []
    for octets in (60_000, 120_000):
        html = HOSTILE[pattern] * (octets // len(HOSTILE[pattern]))
        with cpu() as spent:
            read_html(html, limits)
        costs.append(spent.seconds)
    assert costs[1] < max(0.1, 4 * costs[0])
    assert costs[1] < 1


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                *HOSTILE.values(),
                "</a>",
                "</table>",
                "</style>",
                "</div>",
                "]]>",
                "-->",
                "<![endif]-->",
                "x",
                "'",
                '"',
                ">",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_raises_and_the_same_text_reads_the_same(html):
    reading = read_html(html)
    assert reading == read_html(html)
    thorough = _Reader(HtmlLimits(), math.inf)
    if thorough.read(html) and not thorough.has_late_sheet:
        assert reading == thorough.reading(is_cut=False)
    assert reading.visible == " ".join(reading.visible.split(" "))
