from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.links import LinkFlag
from ecluse.filtering.link_reading import MAX_DOMAINS, LinkReading, read_links, with_files
from ecluse.wire.html.reader import read_html


def of_text(text: str) -> LinkReading:
    return read_links([(text, None)])


def of_page(html: str) -> LinkReading:
    return read_links([(html, read_html(html))])


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("see http://www.bad.example/x and https://OTHER.bad.co.uk:8443/", ("bad.example", "bad.co.uk")),
        ("http://good.example@evil.example/ http://evil.example\\@good.example", ("evil.example",)),
        ("www.a.com b.com/x", ("a.com", "b.com")),
        ("http://192.0.2.1/x https://com/ hxxp://c.example http://", ()),
        ("https://www.google.com/url?q=http%3A%2F%2Fevil.example%2F", ("google.com", "evil.example")),
        ("https://xn--bcher-kva.example/ http://b\u00fccher.example", ("xn--bcher-kva.example",)),
    ],
)
def test_the_registered_domains_of_links_are_found(text, domains):
    assert of_text(text).domains == domains


@pytest.mark.parametrize(
    ("flag", "html"),
    [
        (LinkFlag.DISGUISED, "<a href=http://evil.example>http://good.example/login</a>"),
        (LinkFlag.DISGUISED, "<a href=http://evil.example>www.good.example</a>"),
        (LinkFlag.DISGUISED, "<a href=http://evil.example>good.com</a>"),
        (LinkFlag.CREDENTIALS, "<a href=http://good.example@evil.example>x</a>"),
        (LinkFlag.ADDRESS, "<a href=http://0x7f.1/>x</a>"),
        (LinkFlag.ODD_PORT, "<a href=http://evil.example:81/>x</a>"),
        (LinkFlag.SCRIPT, "<a href='java\nscript:x'>x</a>"),
        (LinkFlag.DATA, "<a href='data:text/html,x'>x</a>"),
        (LinkFlag.FILE, "<a href='file://evil.example/x'>x</a>"),
        (LinkFlag.FILE, "<a href='search-ms:query=x'>x</a>"),
        (LinkFlag.REDIRECTED, "<a href='https://www.google.com/url?q=http://evil.example/'>x</a>"),
        (LinkFlag.SHORTENED, "<a href=https://bit.ly/x>x</a>"),
        (LinkFlag.HIDDEN, "<a href=http://evil.example style='display:none'>x</a>"),
        (LinkFlag.FRAME, "<iframe src=http://evil.example></iframe>"),
        (LinkFlag.FORM, "<form action=http://evil.example></form>"),
        (LinkFlag.PASSWORD, "<input type=password>"),
        (LinkFlag.PIXEL, "<img src=http://evil.example width=1 height=1>"),
        (LinkFlag.MANY, " ".join(f"http://n{number}.example" for number in range(MAX_DOMAINS + 1))),
    ],
)
def test_what_is_odd_about_a_link_is_told(flag, html):
    assert of_page(html).flags == {flag}


@pytest.mark.parametrize(
    "html",
    [
        "<a href=http://www.good.example/x>good.example</a>",
        "<a href='https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fgood.example'>x</a>",
        "<a href=http://good.example>Read more... now</a>",
        "<a href=mailto:ann@good.example>ann@good.example</a>",
        "<a href='#top'>top</a><a href='relative.html'>x.y</a>",
        "<a href='file:///C:/Temp/x'>x</a>",
        "<img src='data:image/png;base64,AA'><img src=cid:x>",
        "<a href=https://good.example:8443/>x</a>",
    ],
)
def test_honest_links_have_no_flag(html):
    assert of_page(html).flags - {LinkFlag.REDIRECTED} == frozenset()


def test_a_label_that_shows_where_a_redirect_leads_is_honest():
    url = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fgood.example"
    assert of_page(f"<a href='{url}'>http://good.example</a>").flags == {LinkFlag.REDIRECTED}


def test_links_of_files_and_what_qr_codes_say_are_joined():
    joined = with_files(of_text("http://a.example"), ["http://b.example/x", "no link"], ["https://c.example", "text"])
    assert (joined.count, joined.domains, joined.flags) == (3, ("a.example", "b.example", "c.example"), {LinkFlag.CODE})
    assert with_files(of_text("http://a.example"), [], ["text"]) == of_text("http://a.example")


def test_there_is_an_end_to_it():
    many = of_text(" ".join(f"http://n{number}.example" for number in range(5_000)))
    assert len(many.domains) == MAX_DOMAINS
    assert many.count <= 1_000


def test_what_lies_beyond_a_page_s_limits_is_looked_through_as_text():
    html = "<b></b>" * 30_000 + "<a href='http://evil.example/'>x</a>"
    assert of_page(html).domains == ("evil.example",)


@settings(derandomize=True, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "http://",
                "<a href='",
                "'>",
                "@",
                ".",
                "a",
                "1",
                "\xff",
                "\n",
                "-",
                "%3a",
                "u=",
                "data:",
                "xn--",
                "[",
                ":",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_raises(text):
    for reading in (of_text(text), of_page(text)):
        assert all("." in domain for domain in reading.domains)
