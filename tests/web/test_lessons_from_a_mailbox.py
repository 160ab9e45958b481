"""What a client's people put into two folders of a mailbox teaches its filter: from a real IMAP server to the model, and back."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace

import pytest
from django.utils import timezone

from ecluse.adapters.controldb.told_lessons import ControlToldLessons
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.models.acts import FolderActs
from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.learning.folders import set_mailbox
from ecluse.control.learning.models import Lesson, LessonMailbox
from ecluse.control.mail.models import NodeOrder
from ecluse.control.operation.models import ToldReport
from ecluse.domain.act import Channel, Standing
from ecluse.entrypoints import worker_jobs
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.feedback_jobs import learn_waiting
from ecluse.entrypoints.lesson_jobs import LessonTeller
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.teaching import Teaching
from ecluse.wire.notations import Network
from tests.contract.lesson_folders import dovecot
from tests.control import test_quarantine
from tests.control.cast import ADMIN
from tests.control.test_orders import NODE
from tests.web import conftest
from tests.web.test_lesson_folders import SETTINGS, mail_that_came
from tests.web.test_lessons import octets

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.peers,
    pytest.mark.skipif(not dovecot.is_installed(), reason="Dovecot is not installed: scripts/install-test-servers"),
]
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)


@pytest.fixture
def came(tmp_path):
    """Ids of mail that came through us for One, each for two people; in the log of the installation."""
    with closing(open_log("sqlite:", tmp_path)) as log:
        return mail_that_came(log)


def work(folder, *networks):
    """One round of the worker; lessons, what was passed over, and what went wrong."""
    LessonMailbox.objects.update(due_at=time.time() - 1)
    settings = Settings(hostname="gateway.test", data_dir=folder, web=Web(mailbox_networks=networks))
    worker_jobs.JOBS["lesson folders"].work(settings)
    return LessonMailbox.objects.values_list("taught", "passed_over", "trouble").get()


def test_from_a_users_mailbox_to_the_model_and_back(one, node, database, came, tmp_path):
    ToldReport.objects.create(node=NODE, body=b"", heard_at=timezone.now())
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
        told = replace(
            SETTINGS,
            host="127.0.0.1",
            port=served.secure,
            authority=served.authority,
            user=dovecot.USER,
            spam_folder=dovecot.SPAM,
            ham_folder=dovecot.HAM,
        )
        set_mailbox(one, told, dovecot.PASSWORD, by=ADMIN)
        assert work(tmp_path) == (0, 0, "not-public")  # Nobody has allowed us to ask within our own network.
        assert work(tmp_path, Network("127.0.0.0/8")) == (3, 1, "")
        follow()
        assert work(tmp_path, Network("127.0.0.0/8")) == (0, 0, "")
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
