"""Webhooks: a client's programs are told what happened, by signed requests that are repeated until they are taken."""
