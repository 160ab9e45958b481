"""Where a message's texts lead: every URL of its pages and texts as the reader's browser understands it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.domain.links import LinkFlag
from ecluse.wire.html.reading import HtmlLink, HtmlReading, LinkKind
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.urls.finding import find_urls
from ecluse.wire.urls.redirectors import holds_another, hops, is_shortener, leads_on
from ecluse.wire.urls.url import Url, parse_url

MAX_DOMAINS = 50
MAX_HOSTS = 200
MAX_URLS = 3_000
_MAX_LABEL = 200
_MAX_OCTETS_CUT = 65_536  # Of a page's source that is looked through where reading it came to a limit.

# Nearly all URLs are so plain that a browser's parser finds nothing else in them; it costs four times as much.
_PLAIN = re.compile(
    r"(?:https?|HTTPS?)://([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z][A-Za-z-]{1,62})(?=[/?#]|$)"
)
_SCRIPTS = frozenset({"javascript", "vbscript", "livescript", "mocha"})
_PROGRAMS = re.compile(r"(?:search-ms|ms-[a-z-]{1,30}|shell|ldap|smb|jar)$")
_FOLLOWED = frozenset({LinkKind.CLICK, LinkKind.FORM, LinkKind.REFRESH, LinkKind.FRAME})


@dataclass(frozen=True, slots=True)
class LinkReading:
    """What the links of some texts are."""

    count: int = 0
    domains: tuple[str, ...] = ()  # As `LinkFacts.domains`.
    hosts: tuple[str, ...] = ()  # Names only, A-labels; those that look-alikes are looked for among.
    flags: frozenset[LinkFlag] = frozenset()


class LinkReader:
    """Adds up what it is given; never raises, whatever that is."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, ...]] = {}  # URL as written -> domains that it leads to.
        self._plain: dict[str, tuple[str, ...] | None] = {}  # The same of plain hosts.
        self._domains: dict[str, None] = {}
        self._hosts: dict[str, None] = {}
        self._flags: set[LinkFlag] = set()

    def reading(self) -> LinkReading:
        """What was added so far."""
        flags = self._flags | ({LinkFlag.MANY} if len(self._domains) > MAX_DOMAINS else set())
        domains = tuple(self._domains)[:MAX_DOMAINS]
        return LinkReading(len(self._seen), domains, tuple(self._hosts), frozenset(flags))

    def add_text(self, text: str) -> None:
        """The URLs of a plain text."""
        for url in find_urls(text):
            self.add_url(url)

    def add_page(self, page: HtmlReading, source: str) -> None:
        """The links, forms and pictures of a page, and what reads like a URL in its text."""
        for link in page.links:
            self._add_link(link, page.base)
        for url in find_urls(page.visible):
            self.add_url(url)
        if page.is_cut:
            self.add_text(source[-_MAX_OCTETS_CUT:])
        if any(form.has_password for form in page.forms):
            self._flags.add(LinkFlag.PASSWORD)
        if page.pixels:
            self._flags.add(LinkFlag.PIXEL)

    def add_url(self, text: str, base: str = "") -> tuple[str, ...]:
        """One URL as it stands somewhere; the registered domains that it leads to."""
        if text in self._seen:
            return self._seen[text]
        if len(self._seen) >= MAX_URLS:
            return ()
        plain = _PLAIN.match(text)
        domains = self._at_plain_host(plain[1]) if plain and not holds_another(text) else None
        if domains is None:
            domains = self._added(text, base)
        self._seen[text] = domains
        return domains

    def _add_link(self, link: HtmlLink, base: str) -> None:
        domains = self.add_url(link.url, base)
        if link.kind is LinkKind.CLICK:
            if link.is_hidden:
                self._flags.add(LinkFlag.HIDDEN)
            if domains and (shown := _shown_domain(link.label)) and shown not in domains:
                self._flags.add(LinkFlag.DISGUISED)
        elif link.kind is LinkKind.FORM and domains:
            self._flags.add(LinkFlag.FORM)
        elif link.kind is LinkKind.FRAME and domains:
            self._flags.add(LinkFlag.FRAME)
        if link.kind in _FOLLOWED and link.url[:5].lower() == "data:" and "image/" not in link.url[:20].lower():
            self._flags.add(LinkFlag.DATA)

    def _at_plain_host(self, host: str) -> tuple[str, ...] | None:
        """The same for a host in plain letters; None where more has to be known of the URL."""
        if host not in self._plain:
            name = host.lower()
            is_service = leads_on(registrable_domain(name) or name)
            self._plain[host] = None if is_service or "xn--" in name else self._at(name)
        return self._plain[host]

    def _added(self, text: str, base: str) -> tuple[str, ...]:
        url = parse_url(text) or parse_url(text if base else f"http://{text}", base or None)
        if url is None:
            return ()
        self._note_oddities(url)
        if not url.is_web:
            return ()
        domains = list(self._at(url.hostname) if not url.has_address else ())
        for hop in hops(url):
            led_to = self._at(hop.url.hostname) if not hop.url.has_address else ()
            if hop.is_redirect and url.domain not in led_to:
                self._flags.add(LinkFlag.REDIRECTED)
            self._note_oddities(hop.url)
            domains += led_to
        return tuple(domains)

    def _at(self, host: str) -> tuple[str, ...]:
        """Note a host; its registered domain, if it has one."""
        if len(self._hosts) < MAX_HOSTS:
            self._hosts[host] = None
        domain = registrable_domain(host)
        if domain is None:
            return ()
        if len(self._domains) <= MAX_DOMAINS:
            self._domains[domain] = None
        return (domain,)

    def _note_oddities(self, url: Url) -> None:
        found = {
            LinkFlag.CREDENTIALS: url.is_web and url.has_credentials,
            LinkFlag.ADDRESS: url.has_address,
            LinkFlag.ODD_PORT: url.has_odd_port,
            LinkFlag.SCRIPT: url.scheme in _SCRIPTS,
            # Word leaves paths of its author's own disk behind: they lead nowhere.
            LinkFlag.FILE: _PROGRAMS.match(url.scheme) is not None or (url.scheme == "file" and bool(url.hostname)),
            LinkFlag.SHORTENED: url.is_web and is_shortener(url),
        }
        self._flags.update(flag for flag, holds in found.items() if holds)


def read_links(texts: Iterable[tuple[str, HtmlReading | None]]) -> LinkReading:
    """The links of texts, each with what it is as a page."""
    reader = LinkReader()
    for text, page in texts:
        if page is None:
            reader.add_text(text)
        else:
            reader.add_page(page, text)
    return reader.reading()


def with_files(reading: LinkReading, links: Iterable[str], codes: Iterable[str]) -> LinkReading:
    """The same with the links that stand in the message's files, and with what their QR codes say."""
    files, drawn = LinkReader(), LinkReader()
    for text in links:
        files.add_text(text)
    for text in codes:
        drawn.add_text(text)
    readings = (reading, files.reading(), drawn.reading())
    code = {LinkFlag.CODE} if readings[-1].count else set()
    return LinkReading(
        sum(one.count for one in readings),
        tuple(dict.fromkeys(domain for one in readings for domain in one.domains))[:MAX_DOMAINS],
        tuple(dict.fromkeys(host for one in readings for host in one.hosts))[:MAX_HOSTS],
        frozenset().union(*(one.flags for one in readings), code),
    )


def _shown_domain(label: str) -> str:
    """The registered domain that a label shows as the place where it leads; "" for other words."""
    if "." not in label or len(label) > _MAX_LABEL or " " in label:
        return ""
    found = find_urls(label)
    if len(found) != 1 or not label.startswith(found[0]):
        return ""
    url = parse_url(found[0]) or parse_url(f"http://{found[0]}")
    return url.domain if url else ""
