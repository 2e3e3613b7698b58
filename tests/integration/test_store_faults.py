"""A fault of our own is not to pass for an absent store: whoever waits for a store that answers waits in vain."""

import logging

import httpx
import psycopg
import pytest

from infra.stack.ports import LOOPBACK, free_port
from services.errors import StoreAway, StoreFault, StoreRefused
from services.store.connection import connect, store_errors
from tests.support.web_server import Running


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT nothing FROM city", StoreFault),
        ("SELECT FROM nowhere", StoreFault),
        ("SELEKT 1", StoreFault),
        ("SELECT 1/0", StoreRefused),
        ("INSERT INTO city (city_id) VALUES (NULL)", StoreRefused),
    ],
)
def test_what_postgresql_answers_is_told_apart(database_url: str, query: str, error: type[Exception]) -> None:
    """A query that is none, one that its data makes impossible."""
    with connect(database_url, name="test") as connection, pytest.raises(error), store_errors():
        connection.execute(query)  # type: ignore[call-overload]


def test_a_store_that_is_not_there_is_away_and_no_fault() -> None:
    """Waiting is right then."""
    with pytest.raises(StoreAway) as away:
        connect(f"postgresql://nobody:x@{LOOPBACK}:{free_port()}/nowhere", name="test")
    assert not isinstance(away.value, StoreFault)


def test_page_answers_500_and_the_log_has_the_trace(
    web: Running, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """503 says: nothing is wrong with us, come again. Here something is."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("ALTER VIEW savings_day RENAME TO renamed")
        try:
            with caplog.at_level(logging.ERROR):
                answer = httpx.get(f"{web.url}/api/v1/public/savings.json", params={"city": "port-azur"})
        finally:
            owner.execute("ALTER VIEW renamed RENAME TO savings_day")
    assert answer.status_code == 500
    assert answer.json()["code"] == "unforeseen"
    assert any(record.exc_info for record in caplog.records)
