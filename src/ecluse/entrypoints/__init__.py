"""The only place that joins ports to adapters: settings, policy file, command line, the processes of a node."""
