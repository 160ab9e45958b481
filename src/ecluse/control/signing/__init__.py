"""Keys that outbound mail of clients is signed with: made, published, used, changed, given up."""
