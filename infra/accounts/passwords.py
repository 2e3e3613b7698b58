"""The accounts' passwords in production: drawn into .env by `infra/compose/new_env.sh`, one for each service."""

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.errors import SettingMissing

SHORTEST = 24


class AccountPasswords(BaseSettings):
    """Of each account at Kafka and, for those that have a way into the store, of its role in PostgreSQL."""

    model_config = SettingsConfigDict(env_prefix="TOURNEE_PASSWORD_OF_", frozen=True, hide_input_in_errors=True)

    bridge: SecretStr = Field(min_length=SHORTEST)
    edges: SecretStr = Field(min_length=SHORTEST)
    writer: SecretStr = Field(min_length=SHORTEST)
    planner: SecretStr = Field(min_length=SHORTEST)
    worker: SecretStr = Field(min_length=SHORTEST)
    ledger: SecretStr = Field(min_length=SHORTEST)
    web: SecretStr = Field(min_length=SHORTEST)
    tool: SecretStr = Field(min_length=SHORTEST)


def account_passwords() -> dict[str, str]:
    """By account, from `TOURNEE_PASSWORD_OF_*`.

    Raises:
        SettingMissing: one is missing or short; the message names each.
    """
    try:
        passwords = AccountPasswords()
    except ValidationError as error:
        faults = "; ".join(f"TOURNEE_PASSWORD_OF_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise SettingMissing(f"{faults}. See .env.example for every setting.") from error
    return {account: password.get_secret_value() for account, password in passwords}
