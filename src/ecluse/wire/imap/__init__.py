"""What we speak of IMAP (RFC 3501): sign in, look at a folder, fetch messages. No I/O, and nothing that changes a mailbox."""
