"""Services that lead elsewhere: where the target stands in the URL itself it is read, and nobody is asked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from ecluse.wire.urls.url import MAX_CHARACTERS, Url, parse_url

MAX_HOPS = 5
_MAX_PARAMETERS = 50
_HEAD = 24  # Characters of a value that show whether it is a URL.

Decoder = Callable[[str], str]


def _as_it_is(value: str) -> str:
    return value


def _dashed(value: str) -> str:
    """Of Proofpoint's second version: `-3A` for `%3A`, `_` for `/`."""
    return unquote(re.sub(r"-([0-9A-Fa-f]{2})", r"%\1", value.replace("_", "/")))


def _in_base64(value: str) -> str:
    value = value.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _after_a1(value: str) -> str:
    """Of Bing: two characters of version, then base64."""
    return _in_base64(value[2:]) if value.startswith("a1") else ""


def _as_host(value: str) -> str:
    return f"http://{value}/"


@dataclass(frozen=True, slots=True)
class Redirector:
    """A service, and the parameter of its URLs that says where they lead."""

    host: str  # It and all below it; with a final dot: under any public suffix.
    path: str  # How the path begins.
    parameters: tuple[str, ...]
    decode: Decoder = _as_it_is

    def serves(self, url: Url) -> bool:
        """Whether the URL is one of its redirects."""
        if not url.path.lower().startswith(self.path):
            return False
        if self.host.endswith("."):
            return url.domain.startswith(self.host)
        return f".{url.hostname}".endswith(f".{self.host}")


# Ordered by how often mail leads there.
REDIRECTORS = (
    Redirector("safelinks.protection.outlook.com", "/", ("url",)),
    Redirector("google.", "/url", ("q", "url")),
    Redirector("google.", "/amp", ("q", "url")),
    Redirector("urldefense.proofpoint.com", "/v2/url", ("u",), _dashed),
    Redirector("urldefense.com", "/v2/url", ("u",), _dashed),
    Redirector("urldefense.proofpoint.com", "/v1/url", ("u",)),
    Redirector("mimecast.com", "/", ("domain",), _as_host),
    Redirector("mimecastprotect.com", "/", ("domain",), _as_host),
    Redirector("linkprotect.cudasvc.com", "/url", ("a",)),
    Redirector("protection.sophos.com", "/", ("u",), _in_base64),
    Redirector("trendmicro.com", "/wis/clicktime", ("url",)),
    Redirector("fireeye.com", "/", ("u",)),
    Redirector("facebook.com", "/l.php", ("u",)),
    Redirector("instagram.com", "/", ("u",)),
    Redirector("linkedin.com", "/redir", ("url",)),
    Redirector("linkedin.com", "/safety/go", ("url",)),
    Redirector("youtube.com", "/redirect", ("q",)),
    Redirector("bing.com", "/ck/a", ("u",), _after_a1),
    Redirector("bing.com", "/alink/link", ("url",)),
    Redirector("duckduckgo.com", "/l", ("uddg",)),
    Redirector("googleadservices.com", "/", ("adurl", "q")),
    Redirector("doubleclick.net", "/", ("adurl", "ds_dest_url")),
    Redirector("t.umblr.com", "/redirect", ("z",)),
    Redirector("vk.com", "/away.php", ("to",)),
    Redirector("ok.ru", "/", ("st.link",)),
    Redirector("steamcommunity.com", "/linkfilter", ("url", "u")),
    Redirector("slack-redir.net", "/link", ("url",)),
    Redirector("out.reddit.com", "/", ("url",)),
    Redirector("translate.google.com", "/", ("u",)),
    Redirector("microsofttranslator.com", "/bv.aspx", ("a",)),
    Redirector("awin1.com", "/", ("ued", "p")),
)

# Whose URLs say nothing of where they lead.
SHORTENERS = frozenset(
    [
        "bit.ly",
        "bitly.com",
        "tinyurl.com",
        "t.co",
        "goo.gl",
        "ow.ly",
        "is.gd",
        "v.gd",
        "buff.ly",
        "cutt.ly",
        "rebrand.ly",
        "rb.gy",
        "shorturl.at",
        "t.ly",
        "tiny.cc",
        "s.id",
        "bl.ink",
        "lnkd.in",
        "trib.al",
        "dlvr.it",
        "soo.gd",
        "tr.im",
        "qr.ae",
        "adf.ly",
        "urlz.fr",
        "lc.cx",
        "shorte.st",
        "clck.ru",
        "u.to",
        "x.co",
        "mcaf.ee",
        "po.st",
        "snip.ly",
        "short.io",
        "qrco.de",
        "q-r.to",
        "me-qr.com",
        "linktr.ee",
        "dub.sh",
        "spoo.me",
        "tny.im",
        "surl.li",
        "urlr.me",
        "lstu.fr",
        "n9.cl",
        "2u.pw",
        "kutt.it",
        "gg.gg",
        "chilp.it",
        "yourls.org",
        "hyperurl.co",
        "shorturl.asia",
        "ouo.io",
        "bc.vc",
        "bitly.ws",
    ]
)

# Registered domains of all of them, but for those under any suffix.
_SERVICES = SHORTENERS | {"translate.goog"} | {".".join(service.host.split(".")[-2:]) for service in REDIRECTORS}

_THIRD_VERSION = re.compile(r"/v3/__(.{1,4096}?)(?:__;|__$)")
_WITH_SCHEME = re.compile(r"(?:https?|ftp)(?::|%3a)(?:/|%2f){1,2}", re.IGNORECASE)
_SCHEME_IN_BASE64 = ("aHR0cDov", "aHR0cHM6")


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a URL leads by its own account."""

    url: Url
    is_redirect: bool  # A service that is there to lead elsewhere; False: a URL only stands in another one.


def hops(url: Url) -> tuple[Hop, ...]:
    """The way from a URL on, five hops at most; () where it says nothing. Nobody is asked."""
    way: list[Hop] = []
    seen = {url.href}
    while len(way) < MAX_HOPS and (hop := _next(url)) is not None and hop.url.href not in seen:
        way.append(hop)
        seen.add(hop.url.href)
        url = hop.url
    return tuple(way)


def is_shortener(url: Url) -> bool:
    """Whether where it leads is known to its service alone."""
    return len(url.path) > 1 and (url.hostname in SHORTENERS or url.domain in SHORTENERS)


def leads_on(domain: str) -> bool:
    """Whether a registered domain is a redirector's or a shortener's."""
    return domain in _SERVICES or domain.startswith("google.")


def holds_another(text: str) -> bool:
    """Whether another URL may stand in this one; asked of every link, so it is cheap."""
    return text.find("http", 8) >= 0 or text.find("HTTP", 8) >= 0 or "aHR0c" in text


def _next(url: Url) -> Hop | None:
    if not url.is_web:
        return None
    named = _by_service(url)
    if named is not None:
        return Hop(named, is_redirect=True)
    nested = next(filter(None, map(_web, _nested(url))), None)
    return Hop(nested, is_redirect=False) if nested is not None else None


def _by_service(url: Url) -> Url | None:
    if url.hostname.endswith(".translate.goog"):
        label = url.hostname.removesuffix(".translate.goog").replace("--", "\0").replace("-", ".").replace("\0", "-")
        return _web(f"https://{label}{url.path}")
    if f".{url.hostname}".endswith((".urldefense.com", ".urldefense.proofpoint.com")) and (
        found := _THIRD_VERSION.search(url.path + url.query)
    ):
        return _web(unquote(found[1]))
    for service in REDIRECTORS:
        if service.serves(url):
            given = dict(_parameters(url))
            for name in service.parameters:
                if (value := given.get(name)) and (target := _web(service.decode(value))):
                    return target
    return None


def _nested(url: Url) -> Iterator[str]:
    """What in a path or a query begins like a URL."""
    for _, value in _parameters(url):
        if _WITH_SCHEME.match(value[:_HEAD]):
            yield value
        elif value.startswith(_SCHEME_IN_BASE64):
            yield _in_base64(value)
    for found in _WITH_SCHEME.finditer(url.path, 1):
        yield unquote(url.path[found.start() :]) + url.query
        break


def _parameters(url: Url) -> list[tuple[str, str]]:
    try:
        return parse_qsl(url.query[1:MAX_CHARACTERS], max_num_fields=_MAX_PARAMETERS)
    except ValueError:  # More of them.
        return []


def _web(text: str) -> Url | None:
    # Browsers mend `http:/host`, which paths are written to when their slashes are merged.
    url = parse_url(unquote(text) if _WITH_SCHEME.match(text) and "://" not in text[:10] else text)
    return url if url is not None and url.is_web else None
