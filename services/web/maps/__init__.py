"""Maps on every page: the base under them, and circuits along real streets."""
