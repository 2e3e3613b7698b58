"""The views for dashboards: what they say is what the store holds, each column is explained, and nobody is named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString, cast

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from infra.accounts.local import as_role
from infra.accounts.store import BI_VIEWS
from tests.support.web_seed import CITY, DAY, DRIVER, MAYOR, OPERATOR, PLAN, containers, make_plan, put_everything

DOCUMENT = Path(__file__).parents[2] / "docs/bi.md"
SECRET_WORDS = {DRIVER[1], OPERATOR[0], MAYOR[0], "argon2"}


@pytest.fixture(scope="module")
def reader(database_url: str) -> Iterator[psycopg.Connection]:
    """A seeded city, as Grafana comes to it."""
    put_everything(database_url)
    with psycopg.connect(as_role(database_url, "reader"), autocommit=True) as connection:
        yield connection


def ask(reader: psycopg.Connection, query: str, *args: object) -> list[tuple[object, ...]]:
    return reader.execute(cast("LiteralString", query), args).fetchall()


def test_every_view_and_column_is_explained_in_database_and_document(reader: psycopg.Connection) -> None:
    """The same words in both, so that whoever reads one has read the other."""
    rows = ask(
        reader,
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'bi\\_%%' ORDER BY c.relname, a.attnum",
    )
    assert {view for view, *_ in rows} == set(BI_VIEWS)
    assert [row for row in rows if not row[2] or not row[3]] == []
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = dict(re.findall(r"### `(bi_\w+)`\n(.*?)(?=\n### |\Z)", text, re.DOTALL))
    for view in BI_VIEWS:
        told = re.findall(r"^\| `(\w+)` \| (.*) \|$", sections[view], re.MULTILINE)
        assert told == [(column, said) for name, column, said, _ in rows if name == view], view


@pytest.mark.parametrize("view", BI_VIEWS)
def test_view_names_nobody(reader: psycopg.Connection, view: str) -> None:
    """Neither a login nor a driver: of the seeded day each view is read whole."""
    rows = ask(reader, f"SELECT * FROM {view}")
    if view != "bi_reading_day":
        assert rows
    words = {word for row in rows for cell in row for word in str(cell).split()}
    assert not words & SECRET_WORDS


def test_tables_are_closed_to_the_reader(reader: psycopg.Connection) -> None:
    """Logins above all; but also what has a driver's name in it."""
    for table in ("account", "login_session", "webhook_secret", "door_key", "confirmation", "observation", "position",
                  "dispatch", "plan", "audit", "savings_line"):  # fmt: skip
        with pytest.raises(InsufficientPrivilege):
            ask(reader, f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "order",
    [
        "INSERT INTO bi_zone VALUES ('x', 'x', 'x', 1)",
        "UPDATE bi_zone SET population = 0",
        "DELETE FROM bi_city",
        "CREATE TABLE own (n int)",
        "DROP VIEW bi_city",
        "TRUNCATE reading",
    ],
)
def test_reader_writes_nothing(reader: psycopg.Connection, order: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        reader.execute(cast("LiteralString", order))


def test_figures_are_those_of_the_store(reader: psycopg.Connection) -> None:
    plan = make_plan()
    ((km, litres, in_force),) = ask(
        reader, "SELECT distance_km, fuel_l, in_force FROM bi_plan WHERE plan_id = %s", PLAN
    )
    assert km == pytest.approx(plan.totals.distance_m / 1000)
    assert litres == pytest.approx(plan.totals.fuel_l)
    assert in_force is True
    stops = ask(reader, "SELECT truck_id, stops FROM bi_circuit WHERE plan_id = %s ORDER BY number", PLAN)
    assert stops == [(circuit.truck, len(circuit.stops)) for circuit in plan.circuits]
    visits = ask(reader, "SELECT outcome, count(*) FROM bi_visit WHERE day = %s GROUP BY 1 ORDER BY 1", DAY)
    assert visits == [("done", 4), ("skipped", 1)]
    ((count, fullest),) = ask(reader, "SELECT count(*), max(fill_ratio) FROM bi_container WHERE city_id = %s", CITY)
    assert (count, fullest) == (len(containers()), pytest.approx(1.05))
    ((days, simulated),) = ask(reader, "SELECT count(*), bool_and(simulated) FROM bi_saving WHERE finished")
    assert (days, simulated) == (22, True)
    ((zones,),) = ask(reader, "SELECT count(DISTINCT zone_id) FROM bi_zone_day")
    assert zones == 6


def test_queries_of_the_document_run(reader: psycopg.Connection) -> None:
    """Whoever copies one gets an answer. Grafana fills its own words in."""
    queries = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(queries) == 3
    for query in queries:
        filled = query.replace("$__timeFilter(day)", "day > '2026-01-01'").replace("cotonou", CITY)
        reader.execute(cast("LiteralString", filled))
