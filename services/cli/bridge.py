"""`tournee bridge retire`: what is done to a bridge besides running it."""

from typing import Annotated

import typer

from services.settings import settings

bridge_app = typer.Typer()


@bridge_app.command("retire")
def retire_command(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="The TOURNEE_MEMBER of the bridge that goes.")],
) -> None:
    """Take a bridge that is stopped out of service for good: what waits for it goes to Kafka, nothing waits again."""
    from services.bridge.retire import retire  # noqa: PLC0415  # its libraries only where it runs

    config = settings()
    count = retire(config, member)
    typer.echo(
        f"bridge {member} is retired: {count} messages that waited for it are in Kafka, "
        f"and {config.mqtt_host}:{config.mqtt_port} keeps none for it any more"
    )
