"""Where things lie below `data_dir`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataPaths:
    """The folders of one node."""

    root: Path

    @property
    def spool(self) -> Path:
        """Messages that we have answered for."""
        return self.root / "spool"

    @property
    def held(self) -> Path:
        """Quarantine: the same format as the spool."""
        return self.root / "held"

    @property
    def orders(self) -> Path:
        """Orders of the control plane that are begun and not yet answered."""
        return self.root / "state" / "orders"

    @property
    def journal(self) -> Path:
        """What happened to each message."""
        return self.root / "journal"

    @property
    def message_log(self) -> Path:
        """The same, to be searched: a SQLite file for each month, where there is no PostgreSQL."""
        return self.root / "log"

    @property
    def log_position(self) -> Path:
        """How far the journal has been passed on to the message log."""
        return self.root / "state" / "log-position"

    @property
    def policy(self) -> Path:
        """The node's copy of published policy (LMDB)."""
        return self.root / "policy"

    @property
    def node_key(self) -> Path:
        """Opens the private keys that outbound mail is signed with, as the policy holds them."""
        return self.root / "state" / "node-key"

    @property
    def voter_key(self) -> Path:
        """What voters are named with at all nodes of the installation."""
        return self.root / "state" / "voter-key"

    @property
    def outages(self) -> Path:
        """Destinations out of reach (LMDB)."""
        return self.root / "state" / "outages"

    @property
    def journal_pruned(self) -> Path:
        """Which clients' records each file of the journal has no more."""
        return self.root / "state" / "journal-pruned"

    @property
    def purges(self) -> Path:
        """The newest run of each purge clock."""
        return self.root / "state" / "purges"

    @property
    def detours(self) -> Path:
        """Which outbound mail takes another way than MX (LMDB)."""
        return self.root / "state" / "detours"

    @property
    def route_healths(self) -> Path:
        """Which next hops answer (LMDB)."""
        return self.root / "state" / "routes"

    @property
    def locks(self) -> Path:
        """Who may send no outbound mail (LMDB)."""
        return self.root / "state" / "locks"

    @property
    def quotas(self) -> Path:
        """How much accounts have sent (SQLite)."""
        return self.root / "state" / "quotas.sqlite"

    @property
    def sts_policies(self) -> Path:
        """MTA-STS policies of domains that mail was sent to, one file each."""
        return self.root / "state" / "mta-sts"

    @property
    def sightings_position(self) -> Path:
        """How far what other nodes saw is in `memories`, with which it goes."""
        return self.memories / "position"

    @property
    def memories(self) -> Path:
        """What is remembered of senders (LMDB, unsynced)."""
        return self.root / "state" / "memories"

    @property
    def salt(self) -> Path:
        """Makes the names of memories unguessable."""
        return self.root / "state" / "salt"

    @property
    def support_inbox(self) -> Path:
        """Copies of mail to the provider's support that are still to be carried up."""
        return self.root / "support"

    @property
    def bounce_inbox(self) -> Path:
        """Copies of bounces to signed return paths that are still to be read."""
        return self.root / "bounces"

    @property
    def report_inbox(self) -> Path:
        """Copies of mail whose reports are still to be read."""
        return self.root / "reports" / "in"

    @property
    def received_reports(self) -> Path:
        """What others report about our clients' domains (SQLite)."""
        return self.root / "reports" / "received.sqlite"

    @property
    def written_reports(self) -> Path:
        """Our own reports about others' domains, a folder for each day."""
        return self.root / "reports" / "out"

    @property
    def hashes(self) -> Path:
        """The digests of all hash lists, sorted."""
        return self.root / "state" / "hashes"

    @property
    def models(self) -> Path:
        """What the classifier weighs messages with: one file for all, one for each client that has taught it."""
        return self.root / "models"

    @property
    def feedback(self) -> Path:
        """What people said of messages, until the agent takes it in."""
        return self.root / "feedback"

    @property
    def run(self) -> Path:
        """Sockets between the processes of the node."""
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        """Counters of the processes, where `metrics_folder` finds no place in memory for them."""
        return self.run / "metrics"

    @property
    def poison(self) -> Path:
        """Fingerprints of files that ended the helpers which opened them."""
        return self.root / "state" / "poison"

    @property
    def room(self) -> Path:
        """The door of the opening room."""
        return self.run / "room.sock"

    @property
    def buffers(self) -> Path:
        """Large messages on their way in."""
        return self.root / "tmp"

    @property
    def control_database(self) -> Path:
        """The control plane's database where the settings name none (SQLite)."""
        return self.root / "control" / "control.sqlite"

    @property
    def secret_key(self) -> Path:
        """Signs the console's cookies and links."""
        return self.root / "control" / "secret-key"

    @property
    def signing_keys(self) -> Path:
        """Sign our letters: SELECTOR.pem."""
        return self.root / "control" / "signing"

    @property
    def audit_key(self) -> Path:
        """Signs the checkpoints of the audit trail."""
        return self.root / "control" / "audit-key.pem"

    @property
    def master_key(self) -> Path:
        """Opens the private keys of clients; made with the control database, to be kept apart from its backups."""
        return self.root / "control" / "master-key"

    @property
    def web_files(self) -> Path:
        """What the console hands to browsers, and its compiled translations: made anew at each start."""
        return self.root / "control" / "web"
