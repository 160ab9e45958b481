"""Contracts: quote, order form, term, amendments, notice, end; what a client may use."""
