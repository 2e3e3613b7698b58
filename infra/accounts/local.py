"""The accounts of a stack on this machine: their passwords come of the owner's, so that no file need hold nine."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from infra.accounts.store import READS_EVERYTHING, RIGHTS, ROLE
from infra.accounts.stream import SCRAM, SETUP, STREAM_RIGHTS
from services.settings import KafkaServers

ACCOUNTS = tuple(sorted({*RIGHTS, READS_EVERYTHING, *STREAM_RIGHTS}))
OWNER = "tournee"


def account_password(owners: str, account: str) -> str:
    """An account's password, 48 letters and digits. Whoever has it learns nothing of the owner's or another's."""
    return hmac.new(owners.encode(), account.encode(), hashlib.sha256).hexdigest()[:48]


def account_passwords(owners: str) -> dict[str, str]:
    """By account, all of them."""
    return {account: account_password(owners, account) for account in ACCOUNTS}


def as_role(database_url: str, account: str) -> str:
    """The owner's address of a database on a local stack, as that of an account's role."""
    at = urlsplit(database_url)
    login = f"{ROLE.format(account)}:{account_password(at.password or '', account)}"
    return at._replace(netloc=f"{login}@{at.hostname}:{at.port}").geturl()


def kafka_as(setup: KafkaServers, account: str) -> KafkaServers:
    """A local stack's Kafka, reached by `setup`, as an account reaches it."""
    password = account_password(setup.password, account)
    return replace(setup, username=account, password=password, mechanism=SCRAM)


def as_account(account: str, environment: Mapping[str, str]) -> dict[str, str]:
    """A stack's environment for one service: the owner's logins become its own, and what it has no account for goes."""
    changed = dict(environment)
    url = environment.get("TOURNEE_DATABASE_URL")
    if url and urlsplit(url).username == OWNER:
        if account in RIGHTS:
            changed["TOURNEE_DATABASE_URL"] = as_role(url, account)
        elif account in STREAM_RIGHTS:  # a planner worker: it has no way into the store
            del changed["TOURNEE_DATABASE_URL"]
    if environment.get("TOURNEE_KAFKA_USERNAME") == SETUP and account in STREAM_RIGHTS:
        password = account_password(environment["TOURNEE_KAFKA_PASSWORD"], account)
        changed |= {"TOURNEE_KAFKA_USERNAME": account, "TOURNEE_KAFKA_PASSWORD": password}
        del changed["TOURNEE_KAFKA_MECHANISM"]
    return changed
