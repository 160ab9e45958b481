"""To whom a client's mail is not sent any more, and how that is found out."""
