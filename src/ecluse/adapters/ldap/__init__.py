"""Directories of clients, over LDAP."""
