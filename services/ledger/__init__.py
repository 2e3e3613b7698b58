"""The savings ledger: what was driven, what the fixed circuits would have driven, and who was served."""
