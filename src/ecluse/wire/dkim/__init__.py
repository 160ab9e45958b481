"""DomainKeys Identified Mail without I/O (RFC 6376, 8301, 8463, 8616): parse, ask, verify; and sign."""
