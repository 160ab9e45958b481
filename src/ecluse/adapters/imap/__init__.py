"""Mailboxes of clients, over IMAP."""
