"""Held copies are sealed to their client: the node cannot read them back, and a destroyed key ends them (design 4)."""

from __future__ import annotations

import msgspec
import pytest
from django_scopes import scope

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.control.keystore import master, services
from ecluse.control.keystore.models import SealingKey
from ecluse.control.tenants import services as tenants
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.domain.held import HeldSummary
from ecluse.domain.order import OrderKind, ReleaseOrder
from ecluse.entrypoints import django_start
from ecluse.mta.reception.sealing import sealed
from ecluse.wire.mime.fields import split_head
from ecluse.wire.sealing.content import OpenedContent, opened_summary
from tests.control import test_orders
from tests.control.cast import ADMIN, ROUTE, client
from tests.control.test_orders import answered, order
from tests.control.test_publications import follow, url
from tests.unit.entrypoints.cli.conftest import HELD

pytestmark = pytest.mark.django_db(transaction=True)
database, orders = test_orders.database, test_orders.orders
BODY = b"From: =?utf-8?q?Ann_=C3=89?= <ann@a.example>\r\nSubject: hello\r\n\r\n" + b"secret words\r\n" * 20_000


@pytest.fixture
def master_key(tmp_path, settings):
    path = tmp_path / "master.key"
    master.make_master_key(path)
    settings.ECLUSE_MASTER_KEY = str(path)
    return path


@pytest.fixture
def one(master_key):
    owner = client("One")
    with scope(client=owner):
        yield owner


@pytest.fixture
def public_key(one, tmp_path):
    """As a node has it."""
    tenants.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    connection = Database(url())
    follow(ControlPublications(connection), tmp_path / "policy")
    connection.close()
    return LmdbPolicies(tmp_path / "policy").domain("one.example").seal_to


@pytest.fixture
def node(tmp_path, orders, public_key):
    made = test_orders.Node(tmp_path / "node", orders)
    content = MemoryContent(BODY)
    message, kept = sealed(HELD, content, split_head(content), public_key)

    async def work(taker):
        await taker.releasing.held.keep(message, kept)

    made.run(work)
    return made


def kept(node):
    spool = FolderSpool(node.paths.held, reserve_bytes=0)
    try:
        content = spool.content(HELD.id)
        return spool.read(HELD.id), content.slice(0, content.size)
    finally:
        spool.close()


def test_no_octet_of_the_message_lies_on_the_nodes_disk(node):
    stored = b"".join(path.read_bytes() for path in node.paths.held.rglob("*") if path.is_file())
    # Long enough that 280,000 random octets have none of them by chance.
    for word in (b"secret", b"hello", b"Ann_=C3=89", "Ann É".encode()):
        assert word not in stored
    message, octets = kept(node)
    assert message.size == HELD.size
    assert len(octets) > len(BODY)


def test_the_control_plane_opens_words_and_body(node, one):
    message, octets = kept(node)
    key = services.content_key(one, message.seal, message.id)
    summary = msgspec.msgpack.decode(opened_summary(message.summary, key, message.id), type=HeldSummary)
    assert summary == HeldSummary("Ann É <ann@a.example>", "hello")
    assert b"".join(OpenedContent(MemoryContent(octets), key, message.id).chunks()) == BODY


def test_a_release_needs_the_messages_own_key(node, one):
    row = order(one)
    node.look()
    assert answered(row) == ("failed", "sealed to its client: only the control plane can let it go")
    row = order(one, body=ReleaseOrder(content_key=bytes(32)))
    node.look()
    assert answered(row)[0] == "failed"
    assert node.queued() == []
    assert node.held()


def test_a_release_with_its_key_delivers_the_exact_octets(node, one):
    message, _ = kept(node)
    key = services.content_key(one, message.seal, message.id)
    row = order(one, body=ReleaseOrder(content_key=key))
    node.look()
    assert answered(row)[0] == "done"
    spool = FolderSpool(node.paths.spool, reserve_bytes=0)
    content = spool.content(HELD.id)
    assert content.slice(0, content.size) == BODY
    assert spool.read(HELD.id).seal == b""
    spool.close()


def test_what_is_fetched_is_sealed(node, one):
    row = order(one, OrderKind.FETCH)
    node.look()
    row.refresh_from_db()
    assert b"secret" not in bytes(row.answer)


def test_the_database_alone_opens_nothing(node, one, master_key):
    message, _ = kept(node)
    master_key.unlink()
    with pytest.raises(Impossible):
        services.content_key(one, message.seal, message.id)
    master.make_master_key(master_key)
    with pytest.raises(Impossible):
        services.content_key(one, message.seal, message.id)


def test_another_client_opens_nothing(node, one):
    message, _ = kept(node)
    two = client("Two")
    with scope(client=two):
        tenants.add_domain(two, "two.example", [ROUTE], by=ADMIN)
        with pytest.raises(Impossible):
            services.content_key(two, message.seal, message.id)


def test_a_destroyed_key_ends_all_copies_and_a_fresh_one_follows(node, one, public_key):
    message, _ = kept(node)
    assert services.destroy_keys(one, by=ADMIN) == 1
    with pytest.raises(Impossible):
        services.content_key(one, message.seal, message.id)
    [old, fresh] = SealingKey.objects.all()
    assert old.private_key is None
    assert bytes(fresh.public_key) != public_key


def test_without_a_master_key_nothing_is_sealed():
    two = client("Two")
    with scope(client=two):
        assert services.public_key(two) == b""
    content = MemoryContent(BODY)
    assert sealed(HELD, content, split_head(content), b"") == (HELD, content)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_master_key_that_others_may_read_is_none(master_key, mode):
    master_key.chmod(mode)
    with pytest.raises(Impossible):
        master.read_master_key(master_key)


def test_a_master_key_is_never_replaced(master_key):
    with pytest.raises(FileExistsError):
        master.make_master_key(master_key)


def test_no_second_master_key_is_made_while_keys_lie_under_the_first(one, master_key):
    public_key = services.public_key(one)
    assert public_key
    master_key.unlink()
    django_start._make_master_key(master_key)
    assert not master_key.exists()
    assert services.public_key(one) == public_key
    SealingKey.objects.update(private_key=None)
    django_start._make_master_key(master_key)
    assert len(master.read_master_key(master_key)) == 32


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_master_key_is_there_whole_or_not_at_all(tmp_path, monkeypatch, call):
    def broken(*_):
        raise OSError("broken")

    monkeypatch.setattr(f"ecluse.control.secret_file.os.{call}", broken)
    with pytest.raises(OSError, match="broken"):
        master.make_master_key(tmp_path / "new" / "master.key")
    assert list((tmp_path / "new").iterdir()) == []


def test_domains_that_were_published_without_a_key_get_one(one, settings, master_key, tmp_path):
    settings.ECLUSE_MASTER_KEY = None
    two = client("Two")
    with scope(client=two):
        tenants.add_domain(two, "two.example", [ROUTE], by=ADMIN)
    settings.ECLUSE_MASTER_KEY = str(master_key)
    assert services.publish_missing_keys(by=ADMIN) == 1
    assert services.publish_missing_keys(by=ADMIN) == 0
    connection = Database(url())
    follow(ControlPublications(connection), tmp_path / "policy")
    connection.close()
    with scope(client=two):
        assert LmdbPolicies(tmp_path / "policy").domain("two.example").seal_to == services.public_key(two) != b""


def test_a_wrapped_key_is_bound_to_its_client():
    wrapped = master.wrap(bytes(32), b"p" * 32, 1)
    assert master.unwrap(bytes(32), wrapped, 1) == b"p" * 32
    for wrong in ((bytes(32), wrapped, 2), (b"1" * 32, wrapped, 1), (bytes(32), wrapped[:-1], 1), (bytes(32), b"", 1)):
        with pytest.raises(Impossible):
            master.unwrap(*wrong)


def test_a_sealed_message_is_left_alone_by_a_release_that_knows_no_seals(node):
    [path] = (node.paths.held / "queue").glob("*/*")
    assert path.read_bytes()[7] == 2
