"""What files hold, told from their octets alone. All of it runs in the locked room and nowhere else (design 1.5)."""
