"""What we speak of LDAP (RFC 4511): bind, StartTLS, a search by pages. No I/O."""
