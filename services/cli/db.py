"""`tournee db ...`: schema, topics, upkeep."""

import typer

from infra.accounts.passwords import account_passwords
from infra.accounts.stream import STREAM_RIGHTS, make_stream_accounts
from infra.migrate import migrate
from services.clock import clock_from
from services.errors import SettingMissing
from services.settings import settings
from services.store.connection import connect
from services.store.upkeep import run_upkeep
from services.stream.kafka import create_topics
from services.writer.beliefs import keep_beliefs

db_app = typer.Typer(help="The store and the stream.", no_args_is_help=True)


@db_app.command("migrate")
def migrate_command() -> None:
    """Bring the schema of the store up to date, and give the services' roles their rights; safe to run again."""
    ran = migrate(settings().database_url.get_secret_value())
    typer.echo("\n".join(f"ran {name}" for name in ran) or "the schema is up to date")


@db_app.command("upkeep")
def upkeep_command() -> None:
    """Bring beliefs up to date, roll up and drop what is due, now; the writer does it by itself every few minutes."""
    config = settings()
    with connect(config.database_url.get_secret_value(), name="upkeep") as connection:
        now = clock_from(config.clock).now()
        kept = keep_beliefs(connection, now=now, keep_readings_days=config.keep_readings_days)
        done = run_upkeep(
            connection,
            now=now,
            keep_readings_days=config.keep_readings_days,
            keep_positions_days=config.keep_positions_days,
        )
    for what in (kept, done):
        typer.echo(what or "another process is at it")


@db_app.command("topics")
def topics_command() -> None:
    """Make the Kafka topics that are missing."""
    create_topics(settings().kafka_at)
    typer.echo("the topics are there")


@db_app.command("accounts")
def accounts_command() -> None:
    """Make the services' accounts at Kafka and give each its rights; as `setup`, and safe to run again."""
    config = settings()
    if config.kafka_username is None:
        raise SettingMissing("TOURNEE_KAFKA_USERNAME: accounts are made by one that may: setup. See .env.example.")
    make_stream_accounts(config.kafka_at, account_passwords())
    typer.echo(f"accounts at Kafka: {', '.join(STREAM_RIGHTS)}")
