"""By what clients' outbound mail reaches us, as clients and provider set it up."""
