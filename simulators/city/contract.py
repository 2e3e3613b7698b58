"""Who collects the made-up city's waste, and what the contract charges for what is left undone. All of it assumed."""

FLEETS = (
    # id, name, contractor, zones, kinds. One fleet serves the whole city: its id is the one that a city without
    # fleets.csv has, so nothing but the contract hangs on this row.
    ("main", "Toute la ville", "Lagune Propreté", "", ""),
)
PENALTIES = (
    # code, event, unit, amount, grace, cap. A circuit costs some 40,000 F of crew and diesel: not driving it must cost
    # more than it spares. Of the others an ordinary day keeps within the grace: half an hour, a container in a circuit.
    ("P1", "circuit_not_done", "event", 150_000, 0, 1_500_000),
    ("P2", "circuit_late", "hour", 10_000, 30, 300_000),
    ("P3", "stops_missed", "container", 2_500, 1, 500_000),
    ("P4", "tracking_missing", "event", 20_000, 3, 200_000),
    ("P5", "container_overflowing", "day", 15_000, 24, 450_000),
)
