"""What jobs have in hand, and what they could not do: one row must never keep the others waiting."""
