"""The processes a city runs, and where each begins."""

MAINS = {
    "bridge": "services.bridge.main",
    "edges": "services.edges.main",
    "writer": "services.writer.main",
    "planner": "services.planning.main",
    "worker": "services.planning.worker_main",
    "ledger": "services.ledger.main",
    "web": "services.web.main",
    "webhook": "services.webhook.main",
}
"""The module of each, which `python -m` runs too. Named, not imported: the solver's libraries take a second."""
