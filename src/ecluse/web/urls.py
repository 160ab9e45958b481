"""Every address of the console."""

from __future__ import annotations

from django.urls import include, path

from ecluse.web import health, languages
from ecluse.web.console.urls import urlpatterns as console
from ecluse.web.release import page
from ecluse.web.sign_in.urls import urlpatterns as sign_in

handler403 = "ecluse.web.errors.forbidden"
handler404 = "ecluse.web.errors.not_found"
handler500 = "ecluse.web.errors.fault"

urlpatterns = [
    path("health", health.health, name="health"),
    path("language", languages.choose, name="language"),
    path("account/", include(sign_in)),
    path("r/<str:token>", page.release, name="release"),
    path("", include(console)),
]
