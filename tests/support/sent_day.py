"""The middle of a sent day, as several tests of the pages begin."""

from services.store.connection import connect
from tests.support.web_seed import NOW, make_plan, put_confirmations, put_dispatch, put_plan
from tests.support.web_server import Running


def put_sent_day(web: Running, database_url: str) -> None:
    """In place of whatever day there is: C-02 has told of five stops, of which the third was blocked."""
    web.clock.at = NOW
    plan = make_plan()
    with connect(database_url, name="test") as connection:
        connection.execute("TRUNCATE plan, circuit, stop, dispatch, confirmation, alert_seen, uplink")
        put_plan(connection, plan)
        put_dispatch(connection, plan)
        put_confirmations(connection, plan, "C-02", 5)
