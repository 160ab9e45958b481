"""Questions about URLs and pages: url.parse, url.extract, html.safe."""

from __future__ import annotations

from ecluse.entrypoints.judge_ops.question import Json, Refused, text_in
from ecluse.wire.html.reader import read_html
from ecluse.wire.html.safe import safe_html
from ecluse.wire.urls.finding import find_urls
from ecluse.wire.urls.url import parse_url


def url_parse(question: Json) -> Json:
    """Answer url.parse."""
    base = text_in(question, "base") if question.get("base") is not None else None
    url = parse_url(text_in(question, "url"), base)
    if url is None:
        raise Refused("syntax", "browsers refuse it")
    return {
        "href": url.href,
        "protocol": f"{url.scheme}:",
        "host": url.host,
        "hostname": url.hostname,
        "port": url.port,
        "pathname": url.path,
        "search": url.query,
        "hash": url.fragment,
    }


def url_extract(question: Json) -> Json:
    """Answer url.extract: the links of a page and what reads like one in its text, or those of a plain text."""
    if question.get("html") is None:
        return {"urls": find_urls(text_in(question, "text"))}
    page = read_html(text_in(question, "html"))
    joined = (parse_url(link.url, page.base or None) for link in page.links)
    links = [url.href if url else link.url for url, link in zip(joined, page.links, strict=True)]
    return {"urls": list(dict.fromkeys((*links, *find_urls(page.visible))))}


def html_safe(question: Json) -> Json:
    """Answer html.safe."""
    return {"html": safe_html(text_in(question, "html"))}
