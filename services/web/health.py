"""Whether this process is up, and whether what it stands on answers."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.errors import StoreAway
from services.web.deps import WithDeps

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str


class Readiness(BaseModel):
    store: bool
    stream: bool


@router.get("/health")
def get_health() -> Health:
    """The process is up."""
    return Health(status="up")


@router.get("/ready")
def get_ready(response: Response, deps: WithDeps) -> Readiness:
    """503 unless the store and Kafka both answer."""
    try:
        with deps.reading() as connection:
            connection.execute("SELECT 1")
        store = True
    except StoreAway:
        store = False
    ready = Readiness(store=store, stream=deps.stream.is_there())
    if not (ready.store and ready.stream):
        response.status_code = 503
    return ready
