"""The order of things for mail from our clients."""

from __future__ import annotations

from ecluse.filtering.changes.departure import Change
from ecluse.filtering.changes.own_id import own_id
from ecluse.filtering.changes.received import received
from ecluse.filtering.checks.active_files import active_files
from ecluse.filtering.checks.banned_names import banned_names
from ecluse.filtering.checks.beyond_limits import beyond_limits
from ecluse.filtering.checks.bomb import bomb
from ecluse.filtering.checks.deceptive_files import deceptive_files
from ecluse.filtering.checks.eicar import eicar
from ecluse.filtering.checks.encrypted import encrypted
from ecluse.filtering.checks.infected import infected
from ecluse.filtering.checks.listed_file import listed_file
from ecluse.filtering.checks.look_alike import look_alike
from ecluse.filtering.checks.mail_loop import mail_loop
from ecluse.filtering.checks.odd_link import odd_link
from ecluse.filtering.checks.poison import poison
from ecluse.filtering.checks.rules import rules
from ecluse.filtering.checks.sending_rule import sending_rule
from ecluse.filtering.checks.too_large import too_large
from ecluse.filtering.checks.unopenable import unopenable
from ecluse.filtering.checks.unread import unread
from ecluse.filtering.checks.unscanned import unscanned
from ecluse.filtering.collect import Collector
from ecluse.filtering.collectors.authentication import forwarded_authentication
from ecluse.filtering.collectors.campaign import campaign
from ecluse.filtering.collectors.dnsbl import linked_dnsbl
from ecluse.filtering.collectors.files import files
from ecluse.filtering.collectors.headers import headers
from ecluse.filtering.collectors.learned import learned
from ecluse.filtering.collectors.links import links
from ecluse.filtering.collectors.listed_files import listed_files
from ecluse.filtering.collectors.parts import parts
from ecluse.filtering.collectors.sending import sending, unfiltered
from ecluse.filtering.collectors.sending_rules import sending_rules
from ecluse.filtering.collectors.texts import texts
from ecluse.filtering.collectors.trace import trace
from ecluse.filtering.collectors.virus import virus
from ecluse.filtering.examine import Check
from ecluse.filtering.pipeline import Pipeline

COLLECTORS: tuple[Collector, ...] = (
    Collector("scan", virus, deadline_s=60.0),
    Collector("listed_files", listed_files, deadline_s=20.0),
    Collector("files", files, deadline_s=20.0),
    Collector("trace", trace),
    Collector("headers", headers),
    Collector("parts", parts, deadline_s=20.0),
    Collector("links", links, deadline_s=20.0),
    Collector("listings", linked_dnsbl, deadline_s=20.0),
    Collector("texts", texts, deadline_s=20.0),
    Collector("learned", learned, deadline_s=20.0),
    Collector("campaign", campaign, deadline_s=20.0),
    Collector("sending", sending, deadline_s=20.0),
    Collector("sending_rules", sending_rules, deadline_s=20.0),
    Collector("authentication", forwarded_authentication, deadline_s=20.0),
)

CHECKS: tuple[Check, ...] = (
    infected,
    eicar,
    listed_file,
    rules,
    unscanned,
    mail_loop,
    too_large,
    unread,
    banned_names,
    sending_rule,
    beyond_limits,
    bomb,
    poison,
    unopenable,
    encrypted,
    active_files,
    deceptive_files,
    look_alike,
    odd_link,
)

CHANGES: tuple[Change, ...] = (received, own_id)

PIPELINE = Pipeline(COLLECTORS, CHECKS, CHANGES)

# Filtering switched off for the whole node: even then a loop must end (RFC 5321 section 6.3), and 3-11 holds.
RELAY_ONLY = Pipeline(
    (Collector("trace", trace), Collector("sending", unfiltered, deadline_s=20.0)), (mail_loop,), CHANGES
)
