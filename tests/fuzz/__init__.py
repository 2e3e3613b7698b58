"""Very many spoilt messages at every door and decoder, faster than a library of properties draws them."""
