"""Streets that an operator closes and reopens."""
