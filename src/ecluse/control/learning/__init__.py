"""What a client's filter has learned of its people's words, and how a lesson is taken back."""
