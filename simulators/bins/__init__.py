"""The bins: the waste that is really in them (hidden from the product), and what their sensors say about it."""
