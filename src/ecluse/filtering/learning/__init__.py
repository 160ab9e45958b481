"""What content teaches: tokens of a message, models that weigh them, and how well they do."""
