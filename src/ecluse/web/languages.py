"""Which language a page is in: what the visitor chose, what he chose before on another machine, what his browser asks."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_POST

from ecluse.control.accounts import services
from ecluse.domain.language import Language
from ecluse.web.next_page import back_from
from ecluse.web.who import user_of

GetResponse = Callable[[HttpRequest], HttpResponse]
_LANGUAGES = tuple(Language)
_YEAR_S = 31_536_000


def languages(get_response: GetResponse) -> GetResponse:
    """Middleware: see above. Stands behind the one that knows the person."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = _language(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def page_language() -> Language:
    """The one that the page is in, for texts that come from elsewhere."""
    return Language.FRENCH if (translation.get_language() or "").startswith("fr") else Language.ENGLISH


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """The visitor's choice, kept in a cookie and with his account."""
    response = back_from(request)
    language = request.POST.get("language", "")
    if language in _LANGUAGES:
        user = user_of(request)
        if user is not None:
            services.set_language(user, language)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=_YEAR_S,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response


def _language(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen in _LANGUAGES:
        return chosen
    user = user_of(request)
    if user is not None and user.language in _LANGUAGES:
        return user.language
    return translation.get_language_from_request(request)
