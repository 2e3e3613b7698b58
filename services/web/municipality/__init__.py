"""The municipality's face: every day of a month, published or not yet, with its sheet, and who is served."""
