"""Asks the domain name system through the configured name servers."""
