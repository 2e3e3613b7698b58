"""The operator's console at a large city's size: how fluently its map moves, and how soon its page stands."""
