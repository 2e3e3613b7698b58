"""What a morning is made of, as pure functions over the registry and the contracts: no sockets, no clock, no SQL."""
