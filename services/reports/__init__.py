"""What residents report: what is answered at once, how a report stands, and what of it is kept."""
