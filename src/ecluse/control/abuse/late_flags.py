"""Campaigns that were known for what they are only after they had passed: a case each, and who had already received them.

Known by a scanner, which refuses a file that it let through an hour ago, or by people, several of whom call the same
message spam. The log keeps fingerprints with its events and finds none by them: so it is looked through once for all that
is known and all clients, and only as far back as somebody may still be warned in time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.cases import open_case
from ecluse.control.abuse.models import Case, CaseKind, CaseState, KnownCampaign
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.mail.late_flags import LateCause, LateFlag
from ecluse.control.mail.objections import Objection, ObjectionKind, ObjectionState
from ecluse.control.policies.queries import shortened_logs
from ecluse.control.tenants.models import Client
from ecluse.domain.event import TAKEN, MessageEvent
from ecluse.domain.log_row import LogRow, rows_of
from ecluse.domain.log_search import LogSearch
from ecluse.domain.logged_message import LoggedMessage, merge
from ecluse.ports.message_log import MessageLog

BACK_S = 48 * 3_600.0  # So far back the log is looked through, and people's words are heard.
KNOWN_FOR_S = 7 * 86_400.0  # So long what still comes through is flagged, too.
KEPT_S = 365 * 86_400.0  # As the log's rows (15-8).
LATE_S = 600.0  # So late a node may tell of a message.
FRESH_S = 3_600.0  # Verdicts of the last hour are looked at: the job runs four times as often.
SAID_BY = 3  # So many recipients call the same message spam before it is a campaign.
MOST_FINGERPRINTS = 30  # Of one campaign.
MOST_KNOWN = 2_000
MOST_LOOKED_AT = 100_000  # Messages of one client in one look, the newest first.
MOST_FLAGS = 5_000  # Of one client in one look.
SHOWN = 500
_PAGE = 500
_TELLING = ("VIRUS", "KNOWN_BAD_FILE")  # A file is what it is, whoever sends it.
_SAYING = (ObjectionState.SAID, ObjectionState.OPEN, ObjectionState.CONFIRMED)
_BY = Actor(ActorKind.JOB, "late flags")


def flags_of(case: Case) -> list[LateFlag]:
    """Who had already received what a case is about, at all clients."""
    with scopes_disabled():  # Cases are the provider's own.
        return list(
            LateFlag.objects.filter(campaign__in=case.campaigns.values("name")).select_related("client")[:SHOWN]
        )


def flag_late(log: MessageLog, now: float) -> int:
    """Learn what is known by now, and flag who has received it; how many copies. A job of the provider's.

    Raises `Unavailable`.
    """
    KnownCampaign.objects.filter(known_at__lt=now - KNOWN_FOR_S, case=None).delete()
    clients = {each.name: each for each in Client.objects.all()}
    _learn(log, now)
    known = list(KnownCampaign.objects.filter(known_at__gte=now - KNOWN_FOR_S))
    if not known:
        return 0
    since = max(now - BACK_S, min(each.looked_at for each in known))
    count = sum(
        _flag(clients[name], found, known, now) for name, found in _received(log, clients, known, since).items()
    )
    KnownCampaign.objects.filter(pk__in=[each.pk for each in known]).update(looked_at=now - LATE_S)
    return count


def forget_old(now: float) -> None:
    """Flags as old as the log's rows. A job of the provider's."""
    with scopes_disabled():  # Of all clients.
        LateFlag.objects.filter(flagged_at__lt=now - KEPT_S).delete()
        for client, days in shortened_logs().items():
            LateFlag.objects.filter(client=client, received_at__lt=now - days * 86_400.0).delete()
    KnownCampaign.objects.filter(known_at__lt=now - KEPT_S).delete()


def is_of(campaign: Iterable[str], fingerprints: Iterable[str]) -> bool:
    """Whether a message bears most of a campaign's: a logo or a footer that is in everybody's mail is not enough."""
    wanted = set(campaign)
    return 2 * len(wanted & set(fingerprints)) > len(wanted)


# -- What is known


def _learn(log: MessageLog, now: float) -> None:
    known = list(KnownCampaign.objects.filter(known_at__gte=now - KNOWN_FOR_S))
    for cause, fingerprints, client in (*_scanned(log, now), *_said(now)):
        same = next((each for each in known if is_of(fingerprints, each.fingerprints)), None)
        if same is None:
            known += _entered(known, cause, fingerprints, client, now)
        elif same.client_id is not None and client is None:  # Others say so, too, by now.
            same.client, same.looked_at = None, now - BACK_S
            same.save(update_fields=["client", "looked_at"])


def _entered(
    known: Iterable[KnownCampaign], cause: LateCause, fingerprints: frozenset[str], client: Client | None, now: float
) -> list[KnownCampaign]:
    """One more; none where there are too many, or all its names are taken."""
    # What only shares a fingerprint with another is not to replace it: one client's word would end what holds for all.
    taken, ordered = {each.name for each in known}, sorted(fingerprints)
    name = next((one for one in ordered if one not in taken), None)
    if name is None or len(taken) >= MOST_KNOWN:
        return []
    values = {"fingerprints": ordered, "cause": cause, "client": client, "known_at": now, "looked_at": now - BACK_S}
    return [KnownCampaign.objects.update_or_create(values, name=name)[0]]


def _scanned(log: MessageLog, now: float) -> Iterator[tuple[LateCause, frozenset[str], Client | None]]:
    """Files that were refused or held of late for what a scanner or a list of hashes says of them."""
    for message in _messages(log, LogSearch(since=now - FRESH_S, dispositions=frozenset({"refuse", "hold"}))):
        if any(text.startswith(_TELLING) for one in message.recipients.values() for text in one.findings):
            files = [each for each in message.fingerprints if each.startswith("f")]
            if found := frozenset((files or message.fingerprints)[:MOST_FINGERPRINTS]):
                yield LateCause.SCANNER, found, None


def _said(now: float) -> Iterator[tuple[LateCause, frozenset[str], Client | None]]:
    """What several recipients call spam; where they are all one client's, that reaches its own mail alone."""
    groups: dict[frozenset[str], list[Objection]] = defaultdict(list)
    with scopes_disabled():  # What people at all clients say.
        raised = Objection.objects.filter(kind=ObjectionKind.PASSED, state__in=_SAYING, raised_at__gt=now - BACK_S)
        for each in raised.select_related("client").order_by("client_id", "-raised_at", "-pk"):
            if found := _fingerprints_of(each):
                groups[next((one for one in groups if is_of(one, found)), found)].append(each)
    for fingerprints, those in groups.items():
        if len({each.recipient for each in those}) >= SAID_BY:
            whose = {each.client_id for each in those}
            is_sure = len(whose) > 1 or any(each.state == ObjectionState.CONFIRMED for each in those)
            yield LateCause.PEOPLE, fingerprints, None if is_sure else those[0].client


def _fingerprints_of(row: Objection) -> frozenset[str]:
    events = row.evidence.get("events", ())
    return frozenset([one for each in events for one in each.get("fingerprints", ())][:MOST_FINGERPRINTS])


# -- Who received it


_Received = list[tuple[str, LogRow]]  # Copies, each with the name of its campaign.


def _flag(client: Client, found: _Received, known: Iterable[KnownCampaign], now: float) -> int:
    campaigns = {each.name: each for each in known}
    with scope(client=client), change(by=_BY) as act:
        before = LateFlag.objects.filter(message__in={row.id for _, row in found}).values_list("message", "recipient")
        flagged = set(before)
        rows = [_flag_of(client, campaigns[name], row, now) for name, row in found]
        fresh = [each for each in rows if (each.message, each.recipient) not in flagged]
        _record(act, client, campaigns, fresh)
        return len(LateFlag.objects.bulk_create(fresh))


def _received(
    log: MessageLog, clients: Mapping[str, Client], known: Iterable[KnownCampaign], since: float
) -> dict[str, _Received]:
    """By client: what was taken for its recipients, so many copies at most."""
    found: dict[str, _Received] = defaultdict(list)
    by_name, named_by = {each.name: each for each in known}, _named_by(known)
    for message in _messages(log, LogSearch(since=since, fates=frozenset(each.value for each in TAKEN))):
        client = clients.get(message.client)
        if client is None or len(found[client.name]) >= MOST_FLAGS:
            continue
        # Of two thousand campaigns, which whoever sends viruses chooses, only those that have something in common with it.
        names = dict.fromkeys(name for one in message.fingerprints for name in named_by.get(one, ()))
        mine = (by_name[name] for name in names if by_name[name].client_id in {None, client.pk})
        campaign = next((each for each in mine if is_of(each.fingerprints, message.fingerprints)), None)
        if campaign is not None:
            copies = {row.recipient.casefold(): row for row in rows_of(message) if row.fate in TAKEN}
            rows = (replace(row, recipient=recipient) for recipient, row in copies.items())
            found[client.name] += islice(((campaign.name, row) for row in rows), MOST_FLAGS)
    return {name: copies for name, copies in found.items() if copies}


def _named_by(known: Iterable[KnownCampaign]) -> Mapping[str, list[str]]:
    """Names of campaigns, by each of their fingerprints."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in known:
        for one in each.fingerprints:
            found[one].append(each.name)
    return found


def _flag_of(client: Client, campaign: KnownCampaign, row: LogRow, now: float) -> LateFlag:
    return LateFlag(
        client=client,
        campaign=campaign.name,
        cause=campaign.cause,
        message=row.id,
        recipient=row.recipient,
        sender=row.sender,
        received_at=row.at,
        flagged_at=now,
    )


def _record(act: Change, client: Client, campaigns: Mapping[str, KnownCampaign], rows: list[LateFlag]) -> None:
    """Each campaign's case, and a line of the client's trail; numbers alone, since addresses stand on the client's page."""
    for name, copies in Counter(row.campaign for row in rows).items():
        case = _case_of(campaigns[name])
        Case.objects.filter(pk=case.pk).update(moved_at=act.at)
        case.notes.create(by=str(_BY), at=act.at, text=f"{client.name}: {copies} copies had already been received")
        act.record("campaign.known-late", campaigns[name], client_id=client.pk, after={"copies": copies})


def _case_of(campaign: KnownCampaign) -> Case:
    if campaign.case is None or campaign.case.state != CaseState.OPEN:
        campaign.case = open_case(campaign.client, CaseKind.CAMPAIGN, campaign.name, by=_BY)
        campaign.save(update_fields=["case"])
    return campaign.case


def _messages(log: MessageLog, search: LogSearch) -> Iterator[LoggedMessage]:
    """Those of all clients that bear fingerprints, the newest first, each once; of one client so many at most."""
    place, looked_at = None, Counter[str]()
    while True:
        page = log.search(search, _PAGE, place)
        looked_at.update(row.client for row in page.rows)
        ids = dict.fromkeys(row.id for row in page.rows if looked_at[row.client] <= MOST_LOOKED_AT)
        events: dict[str, list[MessageEvent]] = defaultdict(list)
        for event in log.events_of(list(ids), search.client):
            events[event.id].append(event)
        yield from (message for those in events.values() if (message := merge(those)).fingerprints)
        place = page.following
        if place is None:
            return
