"""What clients want of their filter, and its publication to the nodes."""
