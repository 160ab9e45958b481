"""What comes back to a signed return path counts for whom it names, where it may (issue 7, item 7)."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_unknown import ControlToldUnknown
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.mail.deliveries import Outcome, deliveries_of
from ecluse.control.suppression.jobs import suppress_unknown
from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.domain.account import Account
from ecluse.domain.answer_class import AnswerClass
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.logged_message import merge
from ecluse.domain.received_report import ReportMail
from ecluse.mta.reports.bounce_reading import read_bounces
from tests.contract.message_log.contract import delivery, outcome, recipient
from tests.control.cast import client
from tests.control.test_publications import url

pytestmark = pytest.mark.django_db(transaction=True)
ANN, FAR, DAY_S = "ann@one.example", "bob@far.example", 86_400.0
DSN = (
    "From: MAILER-DAEMON@mx.far.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.far.example\r\n\r\n{}\r\n\r\n--b--\r\n"
)
GONE = "Final-Recipient: rfc822; {}\r\nAction: {}\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user"


class House:
    """A node with a log, and what comes back to it."""

    def __init__(self, folder):
        self.log = SqliteMessageLog(folder / "log")
        self.inbox = FolderReportInbox(folder / "bounces")
        self.database = Database(url())
        self.number = 0

    def sent(self, at, to=FAR):
        """Ann's message, which a server took."""
        facts = {"client": "One", "direction": "outbound", "sender": ANN, "account": ANN}
        first = outcome(at, recipient(to, Ending.SPOOLED), **facts)
        done = delivery(first, 1.0, Ending.DELIVERED, reply="250 2.0.0 ok", route="smtp://mx.host.test:25")
        self.log.append([first, done])
        return first.id

    def came_back(self, at, text=None, **more):
        self.number += 1
        facts = {"proven": "far.example", "is_bounce": True, "about": ANN} | more
        mail = ReportMail(f"b{self.number}", "One", at, **facts)
        self.inbox.keep(mail, MemoryContent(DSN.format(text or GONE.format(FAR, "failed")).encode()))

    def read(self):
        return read_bounces(self.inbox, self.log, ControlToldUnknown(self.database))

    def fate(self, message_id):
        return merge(self.log.events(message_id, "One")).recipients[FAR].fate


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.log.close()
    house.database.close()


def suppressed(whose):
    with scope(client=whose):
        return list(SuppressedRecipient.objects.values_list("recipient", "cause"))


def test_a_bounce_is_the_recipients_outcome_and_two_of_them_suppress_him(house):
    """He has taken both messages: that does not count for him any more (`_last_taken`)."""
    one, now = client("One"), time.time()
    for days_ago in (2, 0.1):
        message = house.sent(now - days_ago * DAY_S)
        house.came_back(now - days_ago * DAY_S + 60)
        [found] = house.read()
        assert (found.account, found.is_unknown) == (Account("One", ANN), True)
        assert found.sent_at == pytest.approx(now - days_ago * DAY_S, abs=1)
        assert house.fate(message) is Ending.BOUNCED
        suppress_unknown(house.log)
    assert suppressed(one) == [(FAR, "unknown")]
    whole = deliveries_of(house.log, "One", 3, now).whole
    assert (whole.counts[Outcome.LOST], whole.reasons[AnswerClass.UNKNOWN]) == (2, 2)
    assert house.inbox.waiting() == ()


def test_who_is_named_thirty_times_came_back_once(house):
    """A server that took one message cannot fill the day's count of its sender (3-12)."""
    client("One")
    house.sent(time.time() - 60)
    house.came_back(time.time(), "\r\n\r\n".join([GONE.format(FAR, "failed")] * 30))
    assert len(house.read()) == 1


NOTHING = (
    (None, {"proven": "evil.example"}),  # Anybody who got a message knows its return path.
    (None, {"proven": ""}),
    (GONE.format("carl@far.example", "failed"), {}),  # Nobody wrote to him.
    (None, {"about": "eve@one.example"}),  # She did not.
    (GONE.format(FAR, "delayed"), {}),
    ("Dear sender, I am on holiday.", {}),
)


TAKE = FolderReportInbox.take


def away(*_):
    raise Unavailable("away")


def test_what_counts_for_nobody_and_what_does(house, monkeypatch):
    client("One")
    older, newer = (house.sent(time.time() - hours * 3_600) for hours in (3, 1))
    for text, more in NOTHING:
        house.came_back(time.time(), text, **more)
        assert house.read() == (), (text, more)
    assert house.fate(newer) is Ending.DELIVERED
    # A mailbox beside the recipient's proves as much as his server does, and says nothing of him.
    house.sent(time.time() - 60, "bob@gmail.com")
    house.came_back(time.time(), GONE.format("bob@gmail.com", "failed"), proven="gmail.com")
    assert house.read() == ()
    # Who took the message may speak; one bounce is of one message.
    for facts in ({"proven": "host.test"}, {"proven": "", "ip": "mx.host.test"}):
        house.came_back(time.time(), **facts)
    with monkeypatch.context() as patch:
        patch.setattr(SqliteMessageLog, "search", away)
        with pytest.raises(Unavailable):
            house.read()
    with monkeypatch.context() as patch:
        patch.setattr(house.inbox, "waiting", lambda: ("b8", "gone"))
        patch.setattr(house.inbox, "take", lambda mail_id: away() if mail_id == "gone" else TAKE(house.inbox, mail_id))
        assert len(house.read()) == 1  # To be counted, though the next one cannot be read.
    assert len(house.read()) == 1
    assert house.fate(older) is house.fate(newer) is Ending.BOUNCED
    house.came_back(time.time())
    assert house.read() == ()
    assert house.inbox.waiting() == ()
