"""What a scanner of headers asks of every kind of page: graded A where a console is served over TLS."""

from __future__ import annotations

import re

import pytest

from ecluse.control.accounts.roles import Role
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.web_settings import django_settings
from ecluse.wire.notations import DomainName

UNSAFE = re.compile(r"unsafe-|strict-dynamic|https?:|\*")


@pytest.fixture
def over_tls(settings, tmp_path):
    """What a console at https:// is told of cookies and transport."""
    node = Settings(hostname=DomainName("mx.one.example"), data_dir=tmp_path, web=Web(url="https://console.example"))
    (tmp_path / "control").mkdir()
    for name, value in django_settings(node).items():
        if "COOKIE" in name or name.startswith("SECURE_"):
            setattr(settings, name, value)


@pytest.mark.parametrize("path", ["/", "/account/login/", "/r/guess", "/api/v1/clients", "/no-such-page"])
def test_every_kind_of_page_has_them(cast, over_tls, path):
    answer = cast.browser(Role.OWNER).get(path, secure=True)
    policy = answer.headers["Content-Security-Policy"]
    assert not UNSAFE.search(policy)
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Server" not in answer.headers


def test_cookies_stay_with_the_browser_and_the_host(client, db, over_tls):
    answer = client.get("/account/login/", secure=True)
    cookies = [*answer.cookies.values()]
    assert {each.key for each in cookies} <= {"__Host-csrf", "__Host-session"}
    assert cookies
    for each in cookies:
        assert (each["secure"], each["httponly"], each["path"], each["domain"]) == (True, True, "/", "")
        assert each["samesite"] in {"Lax", "Strict"}
