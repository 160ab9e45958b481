"""Who is protected: clients, their domains and addresses."""
