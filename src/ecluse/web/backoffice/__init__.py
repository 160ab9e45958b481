"""The provider's own pages: nodes, queues, jobs, abuse, and what he does to a client as a whole."""
