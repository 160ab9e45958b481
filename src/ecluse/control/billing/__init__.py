"""Invoices and credit notes, payments, late payment, and what the accountant gets."""
