"""`ecluse worker`: what it does by the clock, and whom it does not wait for."""

from __future__ import annotations

import datetime as dt
import re
import smtplib
from urllib.request import urlopen

import pytest
import time_machine
from django.db import DatabaseError
from django.utils import timezone
from structlog.testing import capture_logs

from ecluse.control.attempts.models import Attempt
from ecluse.control.audit.models import Checkpoint, Entry
from ecluse.control.audit.queries import verify
from ecluse.control.audit.signing import audit_key
from ecluse.control.operation.models import JobRun
from ecluse.control.sla.models import VantagePoint
from ecluse.domain.errors import Impossible, Refused, Unavailable
from ecluse.entrypoints import worker, worker_figures, worker_jobs
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.post import Post
from ecluse.entrypoints.settings_tables import Metrics, Settings
from ecluse.web.backoffice import job_words
from ecluse.wire.letters import Letter
from ecluse.wire.notations import OptionalEndpoint
from tests.control.cast import client
from tests.control.measured import points
from tests.loopback import free_port

LETTER = Letter("Us", "us@gateway.test", "a@one.example", "subject", "text")

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


@pytest.mark.django_db
def test_the_trail_is_purged_after_365_days_and_what_is_left_verifies(tmp_path):
    settings = Settings(hostname="gateway.test", data_dir=tmp_path)

    def left_at(moment):
        with time_machine.travel(moment, tick=False):
            worker_jobs.JOBS["audit trail"].work(settings)
        return list(Entry.objects.values_list("number", flat=True))

    for day in (0, 1, 30):
        with time_machine.travel(START + day * DAY, tick=False):
            client(f"Client {day}")
    assert left_at(START + 365 * DAY) == [1, 2, 3]
    assert not Checkpoint.objects.exists()
    assert left_at(START + 366 * DAY + HOUR) == [3]
    assert left_at(START + 366 * DAY + 2 * HOUR) == [3]
    key = audit_key(DataPaths(tmp_path).audit_key).public_key()
    assert (Checkpoint.objects.get().number, list(verify(key))) == (2, [])
    assert left_at(START + 400 * DAY) == []
    assert list(verify(key)) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("problem", [DatabaseError(), Unavailable("away"), Impossible("a broken key"), OSError()])
def test_a_job_that_fails_is_put_off_and_ends_nothing(problem):
    def broken():
        raise problem

    with capture_logs() as said:
        worker._guarded("some job", "mx1.gateway.test", broken)
    assert [(each["event"], each["job"]) for each in said] == [("job put off", "some job")]
    run = JobRun.objects.get()
    assert (run.job, run.worker, run.trouble) == ("some job", "mx1.gateway.test", type(problem).__name__)


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_ours_ends_no_other_job_and_whatever_ends_the_worker_is_noted():
    def faulty():
        raise ZeroDivisionError

    def ended():
        raise SystemExit

    with capture_logs() as said:
        worker._guarded("some job", "mx1.gateway.test", faulty)
    assert [(each["event"], each["job"]) for each in said] == [("job failed", "some job")]
    assert JobRun.objects.get().trouble == "ZeroDivisionError"
    with pytest.raises(SystemExit):
        worker._guarded("some job", "mx1.gateway.test", ended)
    assert JobRun.objects.get().trouble == "ended"


@pytest.mark.django_db(transaction=True)
def test_rows_that_were_put_off_are_counted_for_prometheus(tmp_path):
    Attempt.objects.create(work="do it", row="a:1", at=START, next_at=START, times=1)
    Attempt.objects.create(work="do it", row="a:2", at=START, next_at=None)
    Attempt.objects.create(work="do it", row="a:4", at=timezone.now(), next_at=None)  # In hand at this moment.
    Attempt.objects.create(work="do it", row="a:3", at=START, next_at=START)  # Ordered, and not tried yet.
    now = timezone.now()
    for point, age, heard in zip(points(), (0, 9, 2), (now, now - dt.timedelta(hours=1), None), strict=True):
        VantagePoint.objects.filter(pk=point.pk).update(since=now - dt.timedelta(hours=age), heard_at=heard)
    assert worker_figures.serve_figures(Settings(hostname="gateway.test", data_dir=tmp_path)) is False
    place = OptionalEndpoint(f"127.0.0.1:{free_port()}")
    settings = Settings(hostname="gateway.test", data_dir=tmp_path, metrics=Metrics(worker_listen=place))
    assert worker_figures.serve_figures(settings) is True
    worker_figures.look()
    with urlopen(f"http://{place}/metrics", timeout=10) as answer:
        told = answer.read().decode()
    assert 'ecluse_rows_put_off{work="do it"} 2.0' in told
    silent = {name: float(seconds) for name, seconds in re.findall(r'silent_seconds{point="(.+)"} (.+)', told)}
    assert silent["point 0"] < 600
    assert 3_600 <= silent["point 1"] < silent["point 2"]


@pytest.mark.django_db
def test_authorities_are_read_only_where_there_is_a_webhook_to_tell(tmp_path, monkeypatch):
    """A tenth of a second, each minute."""
    monkeypatch.setattr("ssl.create_default_context", None)
    worker_jobs.JOBS["webhooks"].work(Settings(hostname="gateway.test", data_dir=tmp_path))


def test_every_job_is_described_on_the_providers_page():
    assert set(job_words.JOBS) == set(worker_jobs.JOBS)


class MailServer:
    """Answers each mail in turn: None where it takes it."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def sendmail(self, *_):
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer

    def quit(self):
        """Good-bye."""


def taken(server, count):
    """Whether each of so many mails was."""
    post = Post(lambda: server, bytes)
    for _ in range(count):
        try:
            post.send(LETTER)
        except Unavailable:
            yield False
        else:
            yield True


@pytest.mark.parametrize("problem", [TimeoutError(), ConnectionRefusedError(), smtplib.SMTPServerDisconnected()])
def test_a_mail_server_that_is_away_is_not_waited_for_once_for_each_letter(problem):
    server = MailServer(None, problem, problem)
    assert list(taken(server, 10)) == [True, *[False] * 9]
    assert server.answers == []


def test_one_letter_at_which_the_server_hangs_up_does_not_stop_the_others():
    gone = smtplib.SMTPServerDisconnected()
    assert list(taken(MailServer(gone, None, gone, None), 4)) == [False, True, False, True]


@pytest.mark.parametrize("no", [smtplib.SMTPRecipientsRefused({}), smtplib.SMTPDataError(550, b"no")])
def test_a_server_that_says_no_is_asked_for_each(no):
    assert list(taken(MailServer(no, no, no, None), 4)) == [False, False, False, True]


@pytest.mark.parametrize(
    ("no", "is_final"),
    [
        (smtplib.SMTPDataError(550, b"no"), True),
        (smtplib.SMTPDataError(451, b"later"), False),
        (smtplib.SMTPRecipientsRefused({"a@one.example": (550, b"no")}), True),
        (smtplib.SMTPRecipientsRefused({"a@one.example": (450, b"later")}), False),
        (smtplib.SMTPServerDisconnected(), False),
    ],
)
def test_a_no_for_good_is_told_from_one_for_now(no, is_final):
    with pytest.raises(Unavailable) as told:
        Post(lambda: MailServer(no), bytes).send(LETTER)
    assert isinstance(told.value, Refused) is is_final
