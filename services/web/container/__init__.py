"""A container's page: its levels and what is to come, who emptied it, and what is believed of it by which evidence."""
