"""The same simulated city lived twice, under its fixed circuits and under the product, with litres that are known.

The ledger sees of the second life what a real ledger sees: plans, crews' words, positions, receipts. What it says was
saved is held against what was.
"""
