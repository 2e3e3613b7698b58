"""How full containers are and will be, and which of them are due."""
