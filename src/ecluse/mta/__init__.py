"""The mail path: reception and delivery."""
