"""Invoices on their way to the approved platform, and what it says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django_scopes import scope

from ecluse.adapters.folder.invoice_drop import InvoiceDrop
from ecluse.control.audit.queries import entries
from ecluse.control.billing import files, invoices
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.platform import deposit_due, keep_told
from ecluse.domain.errors import Unavailable
from ecluse.domain.invoice_status import PlatformStatus
from ecluse.entrypoints import worker_jobs
from ecluse.entrypoints.console_tables import InvoiceSettings
from ecluse.entrypoints.settings_tables import Settings
from tests.control.billed import begun_contract

ISSUED = datetime(2026, 1, 31, 11, tzinfo=UTC)
REFUSED = "F2026-00001;210;2026-02-03T10:00:00+01:00;wrong order\n"


@pytest.fixture
def drop(tmp_path):
    return InvoiceDrop(tmp_path)


def put(tmp_path, text, name="1.csv"):
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in" / name).write_text(text)


@pytest.fixture
def drawn(db):
    with time_machine.travel(datetime(2026, 1, 20, 11, tzinfo=UTC), tick=False) as clock:
        contract = begun_contract()
        clock.move_to(ISSUED)
        with scope(client=contract.client):
            invoices.issue_due(ISSUED)
            files.make_files(lambda _: b"%PDF of it")
            yield Invoice.objects.get()


def test_a_file_lies_in_out_once_it_is_whole(drop, tmp_path):
    for _ in range(2):
        drop.deposit("F2026-00001", b"%PDF")
    assert [(each.name, each.read_bytes()) for each in (tmp_path / "out").iterdir()] == [("F2026-00001.pdf", b"%PDF")]


@pytest.mark.parametrize("name", ["../F2026-00001", "F2026-00001/x", "", "f2026-00001"])
def test_no_name_leads_out_of_the_folder(drop, name):
    with pytest.raises(ValueError, match="is no"):
        drop.deposit(name, b"")
    with pytest.raises(ValueError, match="is no"):
        drop.done(f"../{name}")


def test_a_notice_is_read_until_it_is_done_with(drop, tmp_path):
    put(tmp_path, REFUSED)
    put(tmp_path, "half a no", name="2.csv.part")
    for _ in range(2):
        ((name, (told,)),) = drop.told()
        assert (told.reference, told.status, told.reason) == ("F2026-00001", PlatformStatus.REFUSED, "wrong order")
        assert told.at == datetime(2026, 2, 3, 9, tzinfo=UTC)
    drop.done(name)
    assert list(drop.told()) == []
    assert (tmp_path / "in/read/1.csv").read_text() == REFUSED


@pytest.mark.parametrize(
    "line",
    [
        "",
        "F2026-00001;210",
        "F2026-00001;999;2026-02-03T10:00:00+01:00",
        "F2026-00001;210;2026-02-03T10:00:00",
        "F2026-00001;210;yesterday",
        "F2026;210;2026-02-03T10:00:00+01:00",
        "\0;;;;",
    ],
)
def test_a_line_that_cannot_be_read_is_left_out_and_keeps_no_other_from_it(drop, tmp_path, line):
    put(tmp_path, f"{line}\n{REFUSED}")
    ((_, statuses),) = drop.told()
    assert [each.status for each in statuses] == [PlatformStatus.REFUSED]


def test_a_folder_that_cannot_be_written_is_away(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        InvoiceDrop(tmp_path / "file").deposit("F2026-00001", b"")


def test_each_is_deposited_once_and_what_is_told_is_kept_once(drawn, drop, tmp_path):
    assert (deposit_due(drop, ISSUED), deposit_due(drop, ISSUED)) == (1, 0)
    assert (tmp_path / "out/F2026-00001.pdf").read_bytes() == files.file_of(drawn)
    put(tmp_path, REFUSED + REFUSED + REFUSED.replace("00001", "00009"))
    assert (keep_told(drop), keep_told(drop)) == (1, 0)
    put(tmp_path, REFUSED + REFUSED.replace(";210;", ";205;"))
    assert keep_told(drop) == 1
    assert [each.status for each in drawn.told.all()] == ["210", "205"]
    trail = [each.after for each in entries(drawn.client_id) if each.action == "invoice.told"]
    assert sorted(each["status"] for each in trail) == ["205", "210"]


def test_the_job_does_it_where_a_folder_is_set(drawn, tmp_path):
    settings = Settings(
        hostname="gateway.test", data_dir=tmp_path, invoices=InvoiceSettings(platform_folder=tmp_path / "platform")
    )
    worker_jobs.JOBS["invoices"].work(settings)
    assert (tmp_path / "platform/out/F2026-00001.pdf").exists()
    drawn.refresh_from_db()
    assert drawn.deposited_at == ISSUED
