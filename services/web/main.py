"""Starts the web service with its real adapters."""

import uvicorn

from services.adapters.clock import clock_from
from services.adapters.timescale.connection import make_pool
from services.errors import SettingMissing
from services.service import start_logging
from services.settings import Settings, settings
from services.web.app import make_app
from services.web.deps import Deps
from services.web.stream import KafkaStream

SHORTEST_SECRET = 32
POOL_SIZE = 8


def main() -> None:
    """Serve until told to stop."""
    asked = settings()
    start_logging(asked.log_level)
    secret = _session_secret(asked)
    pool = make_pool(asked.database_url.get_secret_value(), name="web", size=POOL_SIZE)
    pool.open()  # without waiting: pages say calmly that the store is away until it comes
    stream = KafkaStream(asked.kafka, name="web")
    deps = Deps(
        store=pool,
        stream=stream,
        clock=clock_from(asked.clock),
        session_secret=secret,
        over_https=asked.web_over_https,
    )
    try:
        uvicorn.run(
            make_app(deps), host=asked.web_host, port=asked.web_port, log_config=None, access_log=False,
            server_header=False, proxy_headers=asked.web_over_https,
        )  # fmt: skip
    finally:
        stream.close()
        pool.close()


def _session_secret(asked: Settings) -> str:
    secret = asked.session_secret.get_secret_value() if asked.session_secret else ""
    if len(secret) < SHORTEST_SECRET:
        raise SettingMissing(f"TOURNEE_SESSION_SECRET: at least {SHORTEST_SECRET} characters. See .env.example.")
    return secret


if __name__ == "__main__":
    main()
