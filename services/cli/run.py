"""`tournee bridge`, `writer`, `planner`, `worker`, `ledger`, `web`: each service in the foreground."""

from collections.abc import Callable
from importlib import import_module

import typer

from services.operations.processes import MAINS

SERVICES = {
    "bridge": "MQTT to Kafka, acknowledged only once Kafka has it.",
    "edges": "What networks and trackers bring by HTTP to Kafka, answered only once Kafka has it.",
    "writer": "Kafka to the store, the offset after the commit.",
    "planner": "Orders to plans.",
    "worker": "Districts of very large days, for the planner.",
    "ledger": "Events to savings.",
    "web": "The pages, the phone's and the public's too, and the API.",
    "webhook": "What happens in a city to whom it is told outside, and who that is.",
}


def add_services(app: typer.Typer, **groups: typer.Typer) -> None:
    """One command a service; one with commands of its own is a group that runs it where none is named.

    Each imports its libraries only when it runs: the solver's alone take a second.
    """
    for name, what in SERVICES.items():
        if name in groups:
            groups[name].callback(invoke_without_command=True, help=what)(_runner(name))
            app.add_typer(groups[name], name=name)
        else:
            app.command(name, help=what)(_runner(name))


def _runner(name: str) -> Callable[[typer.Context], None]:
    def run(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            import_module(MAINS[name]).main()

    return run
