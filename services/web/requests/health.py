"""Whether this process is up, and whether what it stands on answers."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.operations.questions import Asked
from services.web.requests.deps import Deps

router = APIRouter(tags=["health"])

AWAY = "does not answer"
"""All that the public is told; the probe's `/ready` tells the technician why."""


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    ready: bool
    servers: dict[str, str]
    """Each server that the pages need: `ok`, or that it does not answer."""


def servers(deps: Deps) -> dict[str, Asked]:
    """What the pages need, each asked at most every two seconds and waited for at most three, however many ask us."""

    def ask_store() -> str | None:
        with deps.looking() as connection:
            connection.execute("SELECT 1")
        return None

    return {"store": Asked(ask_store), "kafka": Asked(lambda: None if deps.stream.is_there() else AWAY)}


@router.get("/health")
async def get_health() -> Health:
    """The process is up, and its event loop turns."""
    return Health(status="up")


@router.get("/ready")
def get_ready(request: Request, response: Response) -> Readiness:
    """503 unless the store and Kafka both answer."""
    asked: dict[str, Asked] = request.app.state.servers
    told = {name: "ok" if server.reason() is None else AWAY for name, server in asked.items()}
    is_ready = all(word == "ok" for word in told.values())
    if not is_ready:
        response.status_code = 503
    return Readiness(ready=is_ready, servers=told)
