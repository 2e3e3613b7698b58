"""`tournee db migrate`."""

import typer

from infra.migrate import migrate
from services.adapters.kafka import create_topics
from services.settings import settings

db_app = typer.Typer(help="The store and the stream.", no_args_is_help=True)


@db_app.command("migrate")
def migrate_command() -> None:
    """Bring the schema of the store up to date; running it twice changes nothing."""
    ran = migrate(settings().database_url.get_secret_value())
    typer.echo("\n".join(f"ran {name}" for name in ran) or "the schema is up to date")


@db_app.command("topics")
def topics_command() -> None:
    """Make the Kafka topics that are missing."""
    create_topics(settings().kafka)
    typer.echo("the topics are there")
