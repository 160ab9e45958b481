"""Every address of the console."""

from __future__ import annotations

from django.urls import include, path

from ecluse.web import brand_files, health, languages, status_page
from ecluse.web.api.api import api
from ecluse.web.console.urls import urlpatterns as console
from ecluse.web.digests import page as digest_page
from ecluse.web.release import page
from ecluse.web.sign_in.urls import urlpatterns as sign_in

handler403 = "ecluse.web.errors.forbidden"
handler404 = "ecluse.web.errors.not_found"
handler500 = "ecluse.web.errors.fault"

urlpatterns = [
    path("health", health.health, name="health"),
    path("language", languages.choose, name="language"),
    path("account/", include(sign_in)),
    path("brand/<slug:public_id>.png", brand_files.logo, name="brand_logo"),
    path("brand/<slug:public_id>.css", brand_files.colours, name="brand_colours"),
    path("status/<str:token>", status_page.status_page, name="status_page"),
    path("r/<str:token>", page.release, name="release"),
    path("d/<str:token>", digest_page.act, name="digest_link"),
    path("d/<str:token>/look/<str:order_id>", digest_page.looked, name="digest_frame"),
    path("d/<str:token>/content/<str:order_id>", digest_page.content, name="digest_content"),
    path("d/leave/<str:token>", digest_page.unsubscribe, name="unsubscribe"),
    path("api/v1/", api.urls),
    path("d/now/<str:token>", digest_page.now, name="digest_now"),
    path("", include(console)),
]
