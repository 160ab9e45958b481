"""Support: requests of clients, the provider's answers, and how many of them are in the price (5-1 to 5-3)."""
