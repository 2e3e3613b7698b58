"""Who may do what in the store: the one table of it, and how PostgreSQL is told.

The owner (`tournee`) migrates, loads cities, keeps accounts and restores: what the technician does by the command. Each
service has a role of its own beside it, which owns nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

Privilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
Rights = Mapping[Privilege, str]
"""By privilege the tables and views, their names parted by spaces."""

ROLE = "tournee_{}"
"""What an account is called in PostgreSQL, where roles are the server's and not a database's."""

_DEVICES = "city container device_name door_key registry_entry truck"
_REGISTRY = "city container fleet registry_entry registry_now registry_row registry_version truck zone"
_EVENTS = (
    "alert_seen circuit confirmation confirmation_aside container_state contract_sheet coverage_line device_note"
    " dispatch door_heard observation penalty_answer plan plan_change planning_run position reading rejected report"
    " report_private savings_line stop truck_counter truck_state uplink"
)
_REGISTRY_TABLES = (
    "city container registry_change registry_change_part registry_entry registry_row registry_version truck zone"
)
_LEDGER_ACCOUNTS = "fuel_calibration fuel_receipt ledger_baseline ledger_baseline_accepted ledger_event population_grid"
_BELIEFS = "container_belief evidence evidence_horizon kept_belief weight_share"
_ROLLUPS = "reading_day reading_hour reading_hour_touched reading_touched"
BI_VIEWS = (
    *("bi_circuit", "bi_city", "bi_container", "bi_plan", "bi_reading_day", "bi_saving", "bi_visit", "bi_zone"),
    "bi_zone_day",
)

RIGHTS: Mapping[str, Rights] = MappingProxyType(
    {
        "bridge": {"SELECT": _DEVICES},
        "edges": {"SELECT": _DEVICES},
        # The only one that puts events into the store, with what is learned of them; it keeps retention, too.
        "writer": {
            "SELECT": f"{_EVENTS} {_BELIEFS} {_ROLLUPS} {_REGISTRY_TABLES} fleet ledger_touched presence registry_now"
            " report_now street_said webhook weight_touched",
            "INSERT": f"{_EVENTS} {_ROLLUPS} {_REGISTRY_TABLES} audit container_belief evidence_horizon kept_belief"
            " ledger_touched presence street_said webhook_delivery weight_share weight_touched",
            "UPDATE": "city confirmation_aside container container_belief container_state evidence_horizon kept_belief"
            " planning_run reading_day reading_hour registry_change registry_entry registry_row truck"
            " truck_counter truck_state weight_share zone",
            "DELETE": "confirmation_aside door_heard kept_belief position reading reading_hour_touched reading_touched"
            " registry_change_part registry_entry report_private weight_touched zone",
        },
        "planner": {
            "SELECT": f"{_REGISTRY} {_BELIEFS} circuit confirmation container_state coverage_line dispatch"
            " dispatch_in_force plan plan_change planning_run position presence stop street_said"
            " truck_state"
        },
        # What it computes goes through Kafka to the writer; the marks of what it has counted are its own to drop.
        "ledger": {
            "SELECT": f"{_REGISTRY} {_LEDGER_ACCOUNTS} confirmation coverage_line dispatch emptying ledger_touched plan"
            " position savings_day savings_line weight_share",
            "DELETE": "ledger_touched",
        },
        # Logins, phones and what happens with them; of all else it reads what pages show, and what a plan that is
        # changed by hand is reckoned from.
        "web": {
            "SELECT": f"{_REGISTRY} {_BELIEFS} account alert_seen audit circuit confirmation confirmation_aside"
            " container_now container_state contract_sheet coverage_line device_note dispatch dispatch_in_force"
            " door_heard door_key fuel_calibration fuel_receipt known_source ledger_event linked_identity"
            " login_session observation outgoing_door penalty_answer person_invitation phone_invitation plan"
            " plan_change planning_run position presence reading reading_day recovery_code registry_change"
            " registry_change_part registry_import rejected report_now report_private savings_day security_event"
            " shared_view sms_gateway sms_signing stop street_said truck_counter truck_phone truck_state"
            " uplink",
            "INSERT": "account audit known_source linked_identity login_session person_invitation phone_invitation"
            " recovery_code registry_import security_event shared_view sms_reply truck_phone",
            "UPDATE": "account known_source login_session registry_import shared_view truck_phone",
            "DELETE": "known_source linked_identity login_session person_invitation phone_invitation recovery_code"
            " registry_import security_event shared_view truck_phone",
        },
        # It has no way to Kafka, and is the only one that opens connections to the outside.
        "webhook": {
            "SELECT": "city container container_now overflow_told portal_broker portal_broker_secret portal_told"
            " registry_entry sms_gateway sms_gateway_login sms_reply webhook webhook_delivery webhook_secret zone",
            "INSERT": "overflow_told portal_told webhook_delivery",
            "UPDATE": "portal_broker portal_told sms_gateway sms_reply webhook webhook_delivery",
            "DELETE": "overflow_told portal_told sms_reply webhook_delivery",
        },
        # For Grafana and other readers: the views that are made for them (docs/bi.md), and no table.
        "reader": {"SELECT": " ".join(BI_VIEWS)},
    }
)
READS_EVERYTHING = "backup"
"""It copies every table there is, also those that come later, and changes none."""
ROLES = tuple(ROLE.format(account) for account in (*RIGHTS, READS_EVERYTHING))

TEMPORARY = frozenset({"writer"})
"""They sort a batch in tables of their session's own."""
FUNCTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "writer": (
            "drop_chunks_between(text, timestamptz, timestamptz)",
            "set_days_of_reading_chunks(integer)",
            "compress_reading_chunk(text)",
            "allow_compression_of_readings()",
        )
    }
)
"""Upkeep that TimescaleDB grants to a table's owner alone, each for the tables of retention only (migration 0013)."""


def give_rights(connection: Connection[Any]) -> tuple[str, ...]:
    """Give each role that this server has its rights in this database, and take all others from it; which those are.

    In one transaction, so that no service is without its rights meanwhile. As the owner of the tables.

    Raises:
        psycopg.Error: a table of `RIGHTS` is not there, or the connection is not its owner's.
    """
    with connection.transaction():
        found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),)).fetchall()
        there = {name for (name,) in found}
        for account in (*RIGHTS, READS_EVERYTHING):
            if ROLE.format(account) in there:
                _give(connection, account)
    return tuple(role for role in ROLES if role in there)


def _give(connection: Connection[Any], account: str) -> None:
    role = Identifier(ROLE.format(account))
    database = Identifier(connection.info.dbname)
    for function in (each for functions in FUNCTIONS.values() for each in functions):
        connection.execute(SQL("REVOKE ALL ON FUNCTION {} FROM {}").format(_function(function), role))
    for everything in ("TABLES", "SEQUENCES"):
        connection.execute(SQL("REVOKE ALL ON ALL {} IN SCHEMA public FROM {}").format(SQL(everything), role))
    connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, role))
    connection.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
    connection.execute(SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    if account in TEMPORARY:
        connection.execute(SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(database, role))
    if account == READS_EVERYTHING:
        connection.execute(SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role))
        connection.execute(SQL("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))
    for privilege, tables in RIGHTS.get(account, {}).items():
        names = SQL(", ").join(Identifier(table) for table in tables.split())
        connection.execute(SQL("GRANT {} ON {} TO {}").format(SQL(privilege), names, role))
    for function in FUNCTIONS.get(account, ()):
        connection.execute(SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(_function(function), role))


def _function(signature: str) -> Composable:
    name, _, types = signature.partition("(")
    return SQL("{}({})").format(Identifier(name), SQL(types.rstrip(")")))


def make_roles(connection: Connection[Any], passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing, each with its account's password; as the superuser.

    For local stacks: in production `infra/compose/store/120_accounts.sh` does the same.
    """
    for account in (*RIGHTS, READS_EVERYTHING):
        role = ROLE.format(account)
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            # Hashed here: the password itself comes into no log of the server's.
            hashed = connection.pgconn.encrypt_password(passwords[account].encode(), role.encode(), b"scram-sha-256")
            connection.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(role), hashed.decode()))
