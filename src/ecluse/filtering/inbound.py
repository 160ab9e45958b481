"""The order of things for mail to our clients."""

from __future__ import annotations

from ecluse.filtering.changes.authentication_results import authentication_results
from ecluse.filtering.changes.departure import Change
from ecluse.filtering.changes.mass_class import mass_class
from ecluse.filtering.changes.own_id import own_id
from ecluse.filtering.changes.received import received
from ecluse.filtering.changes.status import status
from ecluse.filtering.checks.absent_content import absent_content
from ecluse.filtering.checks.active_files import active_files
from ecluse.filtering.checks.address_in_name import address_in_name
from ecluse.filtering.checks.ambiguous_author import ambiguous_author
from ecluse.filtering.checks.ambiguous_mime import ambiguous_mime
from ecluse.filtering.checks.bad_domain import bad_domain
from ecluse.filtering.checks.bad_network import bad_network
from ecluse.filtering.checks.banned_names import banned_names
from ecluse.filtering.checks.beyond_limits import beyond_limits
from ecluse.filtering.checks.bomb import bomb
from ecluse.filtering.checks.borrowed_name import borrowed_name
from ecluse.filtering.checks.brand_in_name import brand_in_name
from ecluse.filtering.checks.campaign import campaign
from ecluse.filtering.checks.correspondent import correspondent
from ecluse.filtering.checks.corrupted import corrupted
from ecluse.filtering.checks.deceptive_files import deceptive_files
from ecluse.filtering.checks.dkim_failed import dkim_failed
from ecluse.filtering.checks.dmarc_failed import dmarc_failed
from ecluse.filtering.checks.duplicate_headers import duplicate_headers
from ecluse.filtering.checks.dynamic_name import dynamic_name
from ecluse.filtering.checks.early_talker import early_talker
from ecluse.filtering.checks.eicar import eicar
from ecluse.filtering.checks.encrypted import encrypted
from ecluse.filtering.checks.false_helo import false_helo
from ecluse.filtering.checks.feedback_mail import feedback_mail
from ecluse.filtering.checks.first_contact import first_contact
from ecluse.filtering.checks.forged_as_ours import forged_as_ours
from ecluse.filtering.checks.greylist import greylist
from ecluse.filtering.checks.gtube import gtube
from ecluse.filtering.checks.helo_is_ours import helo_is_ours
from ecluse.filtering.checks.helo_nowhere import helo_nowhere
from ecluse.filtering.checks.hidden_text import hidden_text
from ecluse.filtering.checks.imitated_domain import imitated_domain
from ecluse.filtering.checks.infected import infected
from ecluse.filtering.checks.known_domain import known_domain
from ecluse.filtering.checks.known_pair import known_pair
from ecluse.filtering.checks.learned import learned
from ecluse.filtering.checks.listed import listed
from ecluse.filtering.checks.listed_domain import listed_domain
from ecluse.filtering.checks.listed_file import listed_file
from ecluse.filtering.checks.listed_ip import listed_ip
from ecluse.filtering.checks.listed_link import listed_link
from ecluse.filtering.checks.listed_name_server import listed_name_server
from ecluse.filtering.checks.look_alike import look_alike
from ecluse.filtering.checks.mail_loop import mail_loop
from ecluse.filtering.checks.malformed_header import malformed_header
from ecluse.filtering.checks.malformed_mime import malformed_mime
from ecluse.filtering.checks.mass_mail import mass_mail
from ecluse.filtering.checks.money_wording import money_wording
from ecluse.filtering.checks.no_date import no_date
from ecluse.filtering.checks.no_from import no_from
from ecluse.filtering.checks.odd_charset import odd_charset
from ecluse.filtering.checks.odd_link import odd_link
from ecluse.filtering.checks.origin import origin
from ecluse.filtering.checks.overloaded_page import overloaded_page
from ecluse.filtering.checks.poison import poison
from ecluse.filtering.checks.policy_listed_ip import policy_listed_ip
from ecluse.filtering.checks.reply_elsewhere import reply_elsewhere
from ecluse.filtering.checks.reverse_name import reverse_name
from ecluse.filtering.checks.rules import rules
from ecluse.filtering.checks.several_from import several_from
from ecluse.filtering.checks.spf_failed import spf_failed
from ecluse.filtering.checks.split_words import split_words
from ecluse.filtering.checks.swindle import swindle
from ecluse.filtering.checks.too_large import too_large
from ecluse.filtering.checks.unopenable import unopenable
from ecluse.filtering.checks.unread import unread
from ecluse.filtering.checks.unscanned import unscanned
from ecluse.filtering.checks.well_listed_ip import well_listed_ip
from ecluse.filtering.collect import Collector
from ecluse.filtering.collectors.authentication import authentication
from ecluse.filtering.collectors.campaign import campaign as campaign_facts
from ecluse.filtering.collectors.connection import connection
from ecluse.filtering.collectors.dnsbl import dnsbl
from ecluse.filtering.collectors.files import files
from ecluse.filtering.collectors.greylist import greylist as greylist_facts
from ecluse.filtering.collectors.headers import headers
from ecluse.filtering.collectors.history import history
from ecluse.filtering.collectors.impersonation import impersonation
from ecluse.filtering.collectors.learned import learned as learned_facts
from ecluse.filtering.collectors.links import links
from ecluse.filtering.collectors.listed_files import listed_files
from ecluse.filtering.collectors.lists import lists
from ecluse.filtering.collectors.mass import mass
from ecluse.filtering.collectors.parts import parts
from ecluse.filtering.collectors.texts import texts
from ecluse.filtering.collectors.trace import trace
from ecluse.filtering.collectors.virus import virus
from ecluse.filtering.examine import Check
from ecluse.filtering.pipeline import Pipeline

# Those that must be waited for are asked first and answer side by side, whatever their place here.
COLLECTORS: tuple[Collector, ...] = (
    Collector("scan", virus, deadline_s=60.0),
    Collector("listed_files", listed_files, deadline_s=20.0),
    Collector("files", files, deadline_s=20.0),
    Collector("authentication", authentication, deadline_s=20.0),
    Collector("connection", connection, deadline_s=20.0),
    Collector("listings", dnsbl, deadline_s=20.0),
    Collector("trace", trace),
    Collector("headers", headers),
    Collector("parts", parts, deadline_s=20.0),
    Collector("links", links, deadline_s=20.0),
    Collector("texts", texts, deadline_s=20.0),
    Collector("lists", lists),
    Collector("mass", mass, deadline_s=20.0),
    Collector("learned", learned_facts, deadline_s=20.0),
    Collector("impersonation", impersonation, deadline_s=20.0),
    Collector("history", history),
    Collector("greylist", greylist_facts),
    Collector("campaign", campaign_facts, deadline_s=20.0),
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
    beyond_limits,
    bomb,
    poison,
    unopenable,
    encrypted,
    active_files,
    deceptive_files,
    listed,
    gtube,
    several_from,
    ambiguous_author,
    no_from,
    no_date,
    ambiguous_mime,
    malformed_header,
    duplicate_headers,
    malformed_mime,
    absent_content,
    odd_charset,
    spf_failed,
    dkim_failed,
    dmarc_failed,
    origin,
    early_talker,
    listed_ip,
    policy_listed_ip,
    well_listed_ip,
    listed_domain,
    listed_link,
    listed_name_server,
    look_alike,
    odd_link,
    hidden_text,
    split_words,
    overloaded_page,
    corrupted,
    reverse_name,
    dynamic_name,
    helo_is_ours,
    false_helo,
    helo_nowhere,
    correspondent,
    known_pair,
    known_domain,
    bad_domain,
    bad_network,
    campaign,
    first_contact,
    greylist,
    forged_as_ours,
    imitated_domain,
    borrowed_name,
    brand_in_name,
    address_in_name,
    reply_elsewhere,
    money_wording,
    swindle,
    learned,
    mass_mail,
    feedback_mail,
)

# From the top of the message downwards.
CHANGES: tuple[Change, ...] = (received, authentication_results, status, mass_class, own_id)

PIPELINE = Pipeline(COLLECTORS, CHECKS, CHANGES)

# Filtering switched off for the whole node: even then a loop must end (RFC 5321 section 6.3).
RELAY_ONLY = Pipeline((Collector("trace", trace),), (mail_loop,), CHANGES)
