"""What the processes of one node tell each other over Unix sockets."""
