"""Who may write and read what at Kafka: the one table of it, and how Kafka is told.

Accounts are SCRAM's, kept by Kafka itself; rights are its access list, with which nothing is allowed that does not
stand there. One account comes by the broker's own configuration, `setup`: it makes the others, and no service has it.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

from services.contracts import topics
from services.errors import StreamAway, TourneeError
from services.settings import KafkaServers, Mechanism
from services.stream.kafka_clients import open_client, reaching

SETUP = "setup"
SCRAM: Mechanism = "SCRAM-SHA-512"
ITERATIONS = 8192
"""Of the hash that Kafka keeps: at least 4096 (RFC 7677); passwords are drawn, so more adds nothing."""
ANYTHING = "*"

_TOLD_BY_DEVICES = (
    topics.READINGS,
    topics.POSITIONS,
    topics.WEIGHINGS,
    topics.DEVICE_NOTES,
    topics.UPLINKS,
    topics.DOOR_STATES,
    topics.REJECTED,
)


class StreamRights(NamedTuple):
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Of which it is a member; with `*` at the end all groups that begin so."""
    sees: tuple[str, ...] = ()
    """Groups whose members and offsets it may ask for."""
    sees_topics: tuple[str, ...] = ()


STREAM_RIGHTS: Mapping[str, StreamRights] = MappingProxyType(
    {
        "bridge": StreamRights(writes=_TOLD_BY_DEVICES),
        "edges": StreamRights(writes=tuple(topic for topic in _TOLD_BY_DEVICES if topic != topics.WEIGHINGS)),
        "writer": StreamRights(reads=topics.STORED, groups=("writer",)),
        # It orders each city's morning itself.
        "planner": StreamRights(
            writes=(topics.ORDERS, topics.PLANNING, topics.PLANS, topics.DISTRICTS),
            reads=(topics.ORDERS, topics.SEARCH_ENDS, topics.DISTRICT_PLANS),
            groups=("planner", "search-ends-*", "district-plans-*"),
            sees=("worker",),
        ),
        "worker": StreamRights(writes=(topics.DISTRICT_PLANS,), reads=(topics.DISTRICTS,), groups=("worker",)),
        "ledger": StreamRights(writes=(topics.LEDGER, topics.COVERAGE)),
        "web": StreamRights(
            # Plans: those that somebody changed by hand.
            writes=(
                *(topics.ORDERS, topics.SEARCH_ENDS, topics.PLANNING, topics.PLANS),
                *(topics.DISPATCHES, topics.CONFIRMATIONS, topics.ALERTS, topics.REPORTS),
                *(topics.PENALTY_ANSWERS, topics.CONTRACT_SHEETS),
                *(topics.REGISTRY, topics.PRESENCE, topics.STREETS),
                # What residents' doors heard.
                topics.DOOR_STATES,
            )
        ),
        # The technician's command: `doctor` looks at everything, `bridge retire` hands over what waited for a bridge,
        # `replay` sets the writer back.
        "tool": StreamRights(
            writes=_TOLD_BY_DEVICES, reads=topics.STORED, groups=("writer",), sees=(ANYTHING,), sees_topics=(ANYTHING,)
        ),
    }
)


class AccountsRefused(TourneeError):
    """Kafka does not take an account or a right; the message says which and why."""


def make_stream_accounts(kafka: KafkaServers, passwords: Mapping[str, str]) -> None:
    """Have each account, with its password and exactly its rights; as `setup`. Safe to do again, and renews passwords.

    Raises:
        StreamAway: Kafka does not answer.
        AccountsRefused: it refuses one.
        KeyError: `passwords` lacks an account's.
    """
    try:
        with open_client(KafkaAdminClient, **reaching(kafka), client_id="tournee-setup") as admin:
            _put_passwords(admin, passwords)
            _put_rights(admin)
    except KafkaError as error:
        raise StreamAway(f"Kafka at {kafka} does not take the accounts: {error}") from error


def _put_passwords(admin: KafkaAdminClient, passwords: Mapping[str, str]) -> None:
    wanted = [
        UserScramCredentialUpsertion(account, SCRAM, passwords[account], iterations=ITERATIONS)
        for account in STREAM_RIGHTS
    ]
    for account, fault in admin.alter_user_scram_credentials(wanted).items():
        if fault:
            raise AccountsRefused(f"Kafka refuses the account {account}: {fault}")


def _put_rights(admin: KafkaAdminClient) -> None:
    """First what is missing, then away with what is too much: no service is without its rights meanwhile."""
    wanted = set(access_list())
    found, error = admin.describe_acls(
        ACLFilter(
            principal=None,
            host=None,
            operation=ACLOperation.ANY,
            permission_type=ACLPermissionType.ANY,
            resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
        )
    )
    if error.errno:
        raise AccountsRefused(f"Kafka does not tell its access list: {error.__name__}")
    if missing := list(wanted - set(found)):
        made = admin.create_acls(missing)
        if made["failed"]:
            raise AccountsRefused(f"Kafka refuses rights: {made['failed'][0].__name__}")
    surplus = [
        ACLFilter(a.principal, a.host, a.operation, a.permission_type, a.resource_pattern) for a in set(found) - wanted
    ]
    if surplus:
        admin.delete_acls(surplus)


def access_list() -> Iterator[ACL]:
    """Kafka's access list, line by line, as `STREAM_RIGHTS` says. To read or write is to be told about it, too."""
    for account, rights in STREAM_RIGHTS.items():
        for topic in rights.writes:
            yield _allowed(account, ACLOperation.WRITE, ResourceType.TOPIC, topic)
        for topic in rights.reads:
            yield _allowed(account, ACLOperation.READ, ResourceType.TOPIC, topic)
        for topic in rights.sees_topics:
            yield _allowed(account, ACLOperation.DESCRIBE, ResourceType.TOPIC, topic)
        for group in rights.groups:
            yield _allowed(account, ACLOperation.READ, ResourceType.GROUP, group)
        for group in rights.sees:
            yield _allowed(account, ACLOperation.DESCRIBE, ResourceType.GROUP, group)


def _allowed(account: str, operation: ACLOperation, kind: ResourceType, name: str) -> ACL:
    is_prefix = name != ANYTHING and name.endswith("*")
    pattern = ResourcePattern(
        kind,
        name.rstrip("*") if is_prefix else name,
        ACLResourcePatternType.PREFIXED if is_prefix else ACLResourcePatternType.LITERAL,
    )
    return ACL(f"User:{account}", "*", operation, ACLPermissionType.ALLOW, pattern)
