"""The console: pages for clients and the provider over the control plane's services and queries; no rule lives here."""
