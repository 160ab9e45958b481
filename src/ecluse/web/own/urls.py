"""Addresses of a user's own pages, below `clients/<id>/mine/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from ecluse.web.own import digests, filter_wishes, held, log, senders

urlpatterns: list[URLPattern | URLResolver] = [
    path("", held.list_held, name="own_mail"),
    path("act", held.act, name="act_on_own"),
    path("<int:copy_id>/", held.message, name="own_message"),
    path("<int:copy_id>/look", held.look, name="look_at_own"),
    path("<int:copy_id>/look/<str:order_id>", held.looked, name="own_frame"),
    path("<int:copy_id>/content/<str:order_id>", held.content, name="own_content"),
    path("log/", log.log, name="own_log"),
    path("log/<str:message_id>", log.message, name="own_logged_message"),
    path("log/<str:message_id>/object", log.object_to, name="own_object"),
    path("senders/", senders.senders, name="own_senders"),
    path("senders/<int:entry_id>/remove", senders.remove, name="remove_own_sender"),
    path("filter/", filter_wishes.own_filter, name="own_filter"),
    path("digests/", digests.digests, name="own_digests"),
    path("digests/now", digests.now, name="own_digest_now"),
]
