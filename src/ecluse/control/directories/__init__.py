"""Clients' directories: which addresses exist, by their own servers' word."""
