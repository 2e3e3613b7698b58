"""Every setting of the services, from `TOURNEE_*` environment variables. Nothing secret has a default."""

from functools import lru_cache

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.errors import SettingMissing


class Settings(BaseSettings):
    """Addresses are loopback unless asked; a service asks only for what it uses."""

    model_config = SettingsConfigDict(env_prefix="TOURNEE_", frozen=True)

    database_url: SecretStr
    """`postgresql://user:password@host:port/database`."""
    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers, comma-separated."""
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_username: str | None = None
    mqtt_password: SecretStr | None = None
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    web_over_https: bool = False
    """True behind a TLS front: session cookies are then marked Secure."""
    session_secret: SecretStr | None = None
    """Signs session cookies: at least 32 characters, the same on every web process."""
    clock: str | None = None
    """For simulations only: see `services.adapters.clock`."""
    log_level: str = "INFO"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingMissing: a variable is missing or unreadable; the message names each.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"TOURNEE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise SettingMissing(f"{faults}. See .env.example for every setting.") from error
