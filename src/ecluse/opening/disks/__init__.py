"""Disk images: the volumes that they hold, and the files of those."""
