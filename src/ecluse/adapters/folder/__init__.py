"""What a node keeps in local folders, fsynced by us: arriving messages, the spool, the journal."""
