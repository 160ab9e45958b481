"""Files of invoices: drawn, joined with their XML and checked by the packages of the extra `invoices`, which no node has."""
