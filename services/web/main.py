"""Starts the web service with its real adapters."""

import signal
from functools import partial
from types import FrameType

import uvicorn

from services.clock import clock_from
from services.errors import SettingMissing
from services.operations.probe import Probe
from services.operations.service import running_service
from services.operations.web_meter import WebMeter
from services.planning.grounds import Grounds
from services.roads.osm.city_roads import roads_of
from services.settings import Settings, settings
from services.store.connection import make_pool
from services.web.app import make_app
from services.web.entry.provider import Provider, is_safe
from services.web.entry.rights import NEED_ONE_TIME
from services.web.entry.strength import fault_of_secret
from services.web.ground.basemaps import Basemaps
from services.web.ground.circuit_lines import CircuitLines
from services.web.ground.kept_places import KeptPlaces
from services.web.operator.live import Live
from services.web.requests.deps import Deps
from services.web.requests.stream import KafkaStream
from services.web.requests.transaction import AT_ONCE

FINISH_S = 8
"""For answers under way when told to stop: whoever starts us kills after ten seconds, and a phone sends again."""


def main() -> None:
    """Serve until told to stop."""
    asked, meter = settings(), WebMeter()
    secret = _session_secret(asked)
    with running_service(asked, "web", meter) as service:
        pool = make_pool(asked.database_url.get_secret_value(), name="web", size=AT_ONCE)
        pool.open()  # without waiting: pages say calmly that the store is away until it comes
        stream = KafkaStream(asked.kafka_at, name="web")
        deps = Deps(
            store=pool,
            stream=stream,
            clock=clock_from(asked.clock),
            session_secret=secret,
            over_https=asked.web_over_https,
            one_time_for=NEED_ONE_TIME if asked.web_operators_one_time else frozenset(),
            provider=_provider(asked),
            basemaps=Basemaps(asked.data_folder),
            lines=CircuitLines(asked.data_folder),
            places=KeptPlaces(asked.data_folder),
            grounds=Grounds(partial(roads_of, data_folder=asked.data_folder)),
        )
        try:
            _serve(asked, deps, meter, service.probe)
        finally:
            stream.close()
            pool.close()


def _serve(asked: Settings, deps: Deps, meter: WebMeter, probe: Probe) -> None:
    async def turned() -> None:
        probe.turned()

    app = make_app(deps, meter=meter)
    config = uvicorn.Config(
        app, host=asked.web_host, port=asked.web_port, log_config=None, access_log=False,
        server_header=False, proxy_headers=asked.web_over_https, timeout_graceful_shutdown=FINISH_S,
        callback_notify=turned, timeout_notify=1,
    )  # fmt: skip
    Server(config, app.state.live).run()


class Server(uvicorn.Server):
    """Finishes what it is answering when told to stop, but for lines that never end; told twice, it ends at once."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._live.stop()
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        super().handle_exit(sig, frame)


def _provider(asked: Settings) -> Provider | None:
    if not asked.oidc_issuer:
        return None
    secret = asked.oidc_client_secret.get_secret_value() if asked.oidc_client_secret else ""
    if not is_safe(asked.oidc_issuer) or not secret:
        raise SettingMissing(
            "TOURNEE_OIDC_ISSUER: an address by HTTPS, with TOURNEE_OIDC_CLIENT_SECRET beside it. See .env.example."
        )
    return Provider(asked.oidc_issuer, asked.oidc_client_id, secret, asked.oidc_name)


def _session_secret(asked: Settings) -> str:
    secret = asked.session_secret.get_secret_value() if asked.session_secret else ""
    fault = fault_of_secret(secret)
    if fault is not None:
        raise SettingMissing(f"TOURNEE_SESSION_SECRET: {fault}; draw one: openssl rand -base64 48. See .env.example.")
    return secret


if __name__ == "__main__":
    main()
