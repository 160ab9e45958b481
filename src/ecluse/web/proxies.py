"""Who asks, where a reverse proxy stands between: only those that the settings name are believed."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ecluse.wire.notations import is_ip

MAX_HOPS = 20
GetResponse = Callable[[HttpRequest], HttpResponse]


def proxies(get_response: GetResponse) -> GetResponse:
    """Middleware: REMOTE_ADDR becomes the visitor's, and the scheme that which he typed."""
    trusted = tuple(ip_network(each) for each in settings.ECLUSE_PROXIES)

    def middleware(request: HttpRequest) -> HttpResponse:
        if _is_trusted(request.META.get("REMOTE_ADDR", ""), trusted):
            request.META["REMOTE_ADDR"] = _visitor(request, trusted)
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = "https"
        return get_response(request)

    return middleware


def _visitor(request: HttpRequest, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The last address of X-Forwarded-For that is no proxy of ours: what stands before it anybody may have written."""
    named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-MAX_HOPS:]
    visitor: str = request.META["REMOTE_ADDR"]
    for each in reversed(named):
        address = each.strip()
        if not is_ip(address):
            break
        visitor = address
        if not _is_trusted(address, trusted):
            break
    return visitor


def _is_trusted(address: str, trusted: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return is_ip(address) and any(ip_address(address) in network for network in trusted)
