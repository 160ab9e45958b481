"""Fingerprints that near-identical contents share."""
