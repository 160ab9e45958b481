"""Containers and compressed files, each read as all of its readers understand it."""
