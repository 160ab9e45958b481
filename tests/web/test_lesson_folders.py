"""What a client's people put into two folders of a mailbox teaches its filter: from a real IMAP server to the model, and back."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django_scopes import scope

from ecluse.adapters.controldb.told_lessons import ControlToldLessons
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.imap.lesson_folders import ImapFolders
from ecluse.adapters.models.acts import FolderActs
from ecluse.control.accounts.roles import Role
from ecluse.control.attempts.models import Attempt
from ecluse.control.audit.models import Entry
from ecluse.control.learning import folder_jobs, folders
from ecluse.control.learning.folder_jobs import read_due
from ecluse.control.learning.folders import MailboxSettings, mailbox_of, remove_mailbox, set_mailbox
from ecluse.control.learning.models import Lesson, LessonMailbox
from ecluse.control.mail.models import NodeOrder
from ecluse.domain.act import Channel, Standing
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending
from ecluse.domain.lesson_folder import FolderFailed, FolderNews, FolderPlace, FolderTrouble
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.lesson_jobs import LessonTeller
from ecluse.entrypoints.teaching import Teaching
from tests.contract.lesson_folders import dovecot
from tests.contract.message_log.contract import outcome, recipient
from tests.control import test_quarantine
from tests.control.cast import ADMIN
from tests.control.test_orders import NODE
from tests.web import conftest
from tests.web.test_lessons import octets

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)
SERVING = frozenset({NODE})
SETTINGS = MailboxSettings("imap.one.example", 993, False, "", "lessons", "Junk", "NotJunk", 10)


@pytest.fixture
def mailbox(one):
    with scope(client=one):
        return set_mailbox(one, SETTINGS, "hush", by=ADMIN)


@pytest.fixture
def came(message_log):
    """Ids of mail that came through us for One: two of it to several people."""
    people = (recipient("cleo@one.example", Ending.RELAYED), recipient("ann@one.example", Ending.RELAYED))
    events = [outcome(time.time() - 30, *people) for _ in range(3)]
    message_log.append(events)
    return [event.id for event in events]


def news(*messages, uid=9, passed_over=0):
    return FolderNews(FolderPlace(7, uid), len(messages), messages, passed_over)


def read_now(message_log, found, serving=SERVING):
    LessonMailbox.objects.update(due_at=time.time() - 1)
    read = found if callable(found) else lambda _question: found
    return read_due(time.time(), read, message_log, serving)


@pytest.mark.peers
@pytest.mark.skipif(not dovecot.is_installed(), reason="Dovecot is not installed: scripts/install-test-servers")
def test_from_a_users_mailbox_to_the_model_and_back(one, node, database, came, message_log):
    adam = conftest.person("adam@one.example", one, Role.ADMINISTRATOR)
    acts = FolderActs(node.paths.models)
    teller = LessonTeller(ControlToldLessons(database, NODE), acts)

    def follow():
        node.look()
        learn_waiting(FolderFeedback(node.paths.feedback), Teaching(node.paths.models, acts), set())
        teller.look()

    with dovecot.serving() as served, dovecot.signed_in(served) as box:
        dovecot.put(box, dovecot.SPAM, octets(came[0]), octets(came[1]), b"Subject: private\r\n\r\nNot yours.\r\n")
        dovecot.put(box, dovecot.HAM, octets(came[2]))
        read = ImapFolders(lambda _name: ("127.0.0.1",), lambda _address: True).read
        settings = replace(
            SETTINGS,
            host=dovecot.HOST,
            port=served.secure,
            authority=served.authority,
            user=dovecot.USER,
            spam_folder=dovecot.SPAM,
            ham_folder=dovecot.HAM,
        )
        with scope(client=one):
            set_mailbox(one, settings, dovecot.PASSWORD, by=ADMIN)
        first = read_now(message_log, read)
        assert (first.read, first.failed, first.taught) == (1, 0, 3)
        follow()
        again = read_now(message_log, read)
        assert (again.read, again.taught) == (1, 0)
    found = {each.message.partition("/")[0]: each for each in acts.read("One")}
    assert {key: (each.is_spam, each.channel, each.voter) for key, each in found.items()} == {
        came[0]: (True, Channel.FOLDER, "folder"),
        came[1]: (True, Channel.FOLDER, "folder"),
        came[2]: (False, Channel.FOLDER, "folder"),
    }
    assert {each.standing for each in found.values()} == {Standing.LEARNED}
    assert b"watches" not in b"".join(bytes(each.body or b"") for each in NodeOrder.objects.all())
    assert set(Entry.objects.filter(action="message.told").values_list("actor_name", "after__channel")) == {
        ("lesson folders", "folder")
    }
    browser, base = conftest.signed_in(adam), f"/clients/{one.pk}/lessons/"
    assert browser.get(base).text.count("a folder of your mail server") == 1 + 3  # A choice, and each lesson.
    assert "3 lessons are taken back" in browser.post(f"{base}take-back", {"channel": "folder"}, follow=True).text
    follow()
    assert Lesson.objects.exclude(taken_back_at=None).count() == 3


def test_what_did_not_come_through_us_for_this_client_is_passed_over(one, mailbox, came, message_log):
    two = outcome(time.time() - 10, recipient("zoe@two.example"), client="Two")
    sent = outcome(time.time() - 10, recipient("x@else.example"), direction="outbound")
    message_log.append([two, sent])
    strange = [
        octets(two.id),
        octets(sent.id),
        octets("0" * 32),
        octets(came[0], "mx.elsewhere.example"),
        b"",
        b"\0\r\n",
    ]
    done = read_now(message_log, (news(*strange, octets(came[0]), passed_over=2), news()))
    assert done.taught == 1
    mailbox.refresh_from_db()
    assert (mailbox.taught, mailbox.passed_over, mailbox.trouble) == (1, 8, "")
    [order] = NodeOrder.objects.filter(kind="learn")
    assert (order.target, order.node) == (came[0], NODE)


def test_it_is_read_on_from_where_it_was_and_no_more_a_day_than_nodes_learn(
    one, mailbox, came, message_log, monkeypatch
):
    monkeypatch.setattr(folders, "MOST_A_DAY", 4)
    asked = []

    def read(question):
        asked.append((question.most, [place for _, place in question.folders]))
        return news(octets(came[0]), octets(came[1])), news(octets(came[2]), uid=4)

    read_now(message_log, read)
    read_now(message_log, read)
    assert asked == [(2, [FolderPlace(), FolderPlace()]), (0, [FolderPlace(7, 9), FolderPlace(7, 4)])]
    assert read_due(time.time(), read, message_log, SERVING).read == 0  # Not due.
    LessonMailbox.objects.update(day=1)
    read_now(message_log, read)
    assert asked[-1][0] == 2


def test_where_another_folder_is_named_it_is_read_from_its_beginning(one, mailbox, message_log):
    read_now(message_log, (news(), news()))
    with scope(client=one):
        row = set_mailbox(one, replace(SETTINGS, ham_folder="Good", every_minutes=60), "", by=ADMIN)
        assert (row.spam_uid, row.ham_uid, row.ham_validity) == (9, 0, 0)
        with pytest.raises(folders.MailboxPasswordNeeded):
            set_mailbox(one, replace(SETTINGS, host="evil.example"), "", by=ADMIN)
        with pytest.raises(folders.OneFolder):
            set_mailbox(one, replace(SETTINGS, ham_folder="Junk"), "", by=ADMIN)
        assert b"hush" not in bytes(mailbox_of(one).secret)
        assert "hush" not in f"{folders.question_for(row, 1)}{list(Entry.objects.values_list('before', 'after'))}"


def test_a_failure_is_noted_and_moves_nothing(one, mailbox, came, message_log, settings):
    def fail(_question):
        raise FolderFailed(FolderTrouble.CREDENTIALS, "NO no")

    done = read_now(message_log, fail)
    assert (done.read, done.failed) == (0, 1)
    mailbox.refresh_from_db()
    assert (mailbox.trouble, mailbox.said, mailbox.spam_uid) == ("credentials", "NO no", 0)
    settings.ECLUSE_MASTER_KEY = ""
    assert read_now(message_log, (news(), news())).failed == 1
    mailbox.refresh_from_db()
    assert mailbox.said == "no master key"


def test_what_nobody_foresaw_is_put_off_and_what_is_away_is_read_again(one, mailbox, came, message_log):
    read_now(message_log, lambda _question: 1 / 0)
    assert Attempt.objects.get(work="read lesson folders").problem == "ZeroDivisionError"
    Attempt.objects.all().delete()

    class Away:
        def events(self, *_):
            raise Unavailable("away")

    with pytest.raises(Unavailable):
        read_now(Away(), (news(octets(came[0])), news()))
    mailbox.refresh_from_db()
    assert (mailbox.spam_uid, NodeOrder.objects.exists()) == (0, False)


def test_an_answer_to_another_question_teaches_nothing(one, mailbox, came, message_log):
    answer = (news(octets(came[0])), news())
    with scope(client=one):
        asked = mailbox_of(one)
        set_mailbox(one, replace(SETTINGS, spam_folder="Other"), "", by=ADMIN)
    assert folder_jobs._settle(asked, answer, message_log, SERVING, time.time()) == 0
    with scope(client=one):
        remove_mailbox(mailbox_of(one), by=ADMIN)
    assert folder_jobs._settle(asked, answer, message_log, SERVING, time.time()) == 0
    assert not NodeOrder.objects.exists()
