"""Mail as octets: header fields, encoded words, addresses, MIME structure, and the facts that they hold."""
