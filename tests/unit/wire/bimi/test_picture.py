"""Which pictures may be shown."""

from __future__ import annotations

import pytest

from ecluse.wire.bimi.picture import MAX_CHARACTERS, PictureSyntax, require_tiny_ps
from tests.cpu import cpu

SVG = '<svg xmlns="http://www.w3.org/2000/svg" baseProfile="tiny-ps" version="1.2"><title>B</title>{}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<g><path d="M0 0"/></g>',
        '<defs><linearGradient id="a"/></defs><rect fill="url(#a)"/>',
        '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="#a"/>',
        "<!-- remark --><desc>x</desc>",
    ],
)
def test_a_picture_of_the_profile_may_be_shown(inside: str):
    require_tiny_ps('<?xml version="1.0" encoding="UTF-8"?>' + SVG.format(inside))


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "text",
        "<svg/>",
        SVG.format("<script>x</script>"),
        SVG.format("<animate/>"),
        SVG.format('<image href="#a"/>'),
        SVG.format("<foreignObject/>"),
        SVG.format("<style>*{}</style>"),
        SVG.format('<rect onclick="x"/>'),
        SVG.format('<use href="https://evil.test/x.svg#a"/>'),
        SVG.format("<rect fill=\"url( 'https://evil.test/')\"/>"),
        SVG.format('<rect fill="url(#a) url(https://evil.test/)"/>'),
        SVG.format("<svg/>"),
        SVG.format('<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>'),
        SVG.format("<?xml-stylesheet href='https://evil.test/'?>"),
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("<desc>&a;</desc>"),
        SVG.format("").replace("tiny-ps", "tiny"),
        SVG.format("").replace("1.2", "1.1"),
        SVG.format("").replace("version", 'x="1" version'),
        SVG.format("").replace("title", "desc"),
        SVG.format("<g>" * 100 + "</g>" * 100),
        SVG.format("<g>"),
        SVG.format(" " * MAX_CHARACTERS),
    ],
)
def test_any_other_may_not(svg: str):
    with pytest.raises(PictureSyntax):
        require_tiny_ps(svg)


def test_a_title_below_another_element_is_none():
    with pytest.raises(PictureSyntax, match="no title"):
        require_tiny_ps(SVG.format("").replace("<title>B</title>", "<g><title>B</title></g>"))


def test_a_picture_of_many_elements_costs_little():
    with cpu() as spent:
        require_tiny_ps(SVG.format("<g/>" * 16_000))
    assert spent.seconds < 0.1
