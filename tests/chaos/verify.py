"""Is everything that was acknowledged in the store, once, and do the states say what the rows say?"""

from collections.abc import Hashable, Sequence
from datetime import datetime
from itertools import batched, groupby
from operator import itemgetter
from typing import Any, LiteralString

import psycopg

from services.fill.belief import ESTIMATOR, Belief, read_back
from services.fill.evidence import Evidence
from services.fill.replay import Reached, from_nothing, replay
from services.fill.store import Behind, bring_up, find_horizon
from tests.chaos.claims import Claims
from tests.chaos.verdict import Verdict
from tests.load.ledger import Ledger
from tests.load.messages import Messages

Connection = psycopg.Connection[tuple[object, ...]]
SENT = tuple[Messages, Ledger]

# float4 keeps seven digits.
FILL_TOLERANCE = 1e-6

STATES: LiteralString = """
WITH counted AS (
    SELECT city_id, container_id, count(*) AS readings FROM reading GROUP BY city_id, container_id
), latest AS (
    SELECT DISTINCT ON (city_id, container_id) city_id, container_id, happened_at, fill_ratio
    FROM reading ORDER BY city_id, container_id, happened_at DESC
), emptied AS (
    SELECT city_id, place AS container_id, max(happened_at) AS emptied_at
    FROM confirmation WHERE kind = 'stop' AND outcome = 'done' GROUP BY city_id, place
)
SELECT container_id, coalesce(s.readings, 0), coalesce(c.readings, 0),
       s.fill_at IS DISTINCT FROM l.happened_at OR s.fill_ratio IS DISTINCT FROM l.fill_ratio,
       s.last_emptied_at IS DISTINCT FROM e.emptied_at
FROM container_state s
FULL JOIN latest l USING (city_id, container_id)
LEFT JOIN counted c USING (city_id, container_id)
LEFT JOIN emptied e USING (city_id, container_id)
"""
UNOBSERVED: LiteralString = """
SELECT confirmation_id FROM confirmation c
WHERE kind = 'stop' AND outcome = 'done'
  AND NOT EXISTS (SELECT FROM observation o WHERE o.observation_id = c.confirmation_id AND o.kind = 'emptied'
                  AND o.container_id = c.place AND o.happened_at = c.happened_at)
"""
BELIEFS: LiteralString = """
SELECT s.city_id, s.container_id, least(s.news_from, s.folding_from), b.document::text, b.until_at, b.known_at
FROM container_state s
LEFT JOIN container_belief b ON b.city_id = s.city_id AND b.container_id = s.container_id
                            AND b.estimator = %(estimator)s
ORDER BY s.city_id, s.container_id
"""
ACCOUNT: LiteralString = """
SELECT * FROM (
    SELECT city_id, container_id, kind, happened_at, received_at, fill_ratio, weight_kg, reason, observation_id,
           NULL::real AS expected_ratio, NULL::real AS part
    FROM evidence WHERE container_id IS NOT NULL
    UNION ALL
    SELECT city_id, container_id, 'weight', emptied_at, known_at, fill_ratio, weight_kg, NULL, NULL,
           expected_ratio, part
    FROM weight_share WHERE replaced_at IS NULL
) AS account
ORDER BY city_id, container_id, happened_at, kind = 'emptied', observation_id NULLS FIRST
"""

FOUND: dict[str, LiteralString] = {
    "reading": "SELECT container_id, happened_at FROM reading WHERE NOT container_id = ANY(%(sensors)s)",
    "position": "SELECT truck_id, happened_at FROM position",
    "rejected": "SELECT mqtt_topic, payload, reason FROM rejected",
    "confirmation": "SELECT confirmation_id FROM confirmation",
    "order": """
        SELECT request_id FROM planning_run r
        WHERE (state = 'failed' AND r.document ->> 'detail' IS NOT NULL)
           OR (state = 'finished' AND EXISTS (SELECT FROM plan WHERE plan.plan_id::text = r.document ->> 'plan_id'))
        """,
    "dispatch": "SELECT dispatch_id FROM dispatch",
}


def verify(connection: Connection, city: str, sent: Sequence[SENT], claims: Claims) -> Verdict:
    """Compare the store with what was acknowledged. Reads only."""
    verdict = Verdict()
    for plan, ledger in sent:
        check_sensors(connection, verdict, city, plan, ledger)
    sensors = sorted({name for plan, _ in sent for name in plan.container_ids})
    check_claims(connection, verdict, claims, sensors)
    check_rejected_once(connection, verdict)
    check_states(connection, verdict)
    check_beliefs(connection, verdict)
    check_trucks(connection, verdict)
    check_plans(connection, verdict)
    return verdict


def check_sensors(connection: Connection, verdict: Verdict, city: str, plan: Messages, ledger: Ledger) -> None:
    """Every acknowledged message of the sensors is a row, with the fill it had. The table's key forbids a second."""
    stored = bytearray(plan.count)
    wrong: list[str] = []
    query = (
        "SELECT container_id, happened_at, fill_ratio FROM reading"
        " WHERE city_id = %s AND container_id = ANY(%s) AND happened_at BETWEEN %s AND %s"
    )
    first, last = plan.span
    with connection.cursor(name="sensors") as cursor:
        cursor.itersize = 20_000
        cursor.execute(query, (city, list(plan.container_ids), first, last))
        for container, happened_at, fill_ratio in cursor:
            assert isinstance(container, str)
            assert isinstance(happened_at, datetime)
            assert isinstance(fill_ratio, float)
            index = plan.find(container, happened_at)
            if index is None or abs(plan.fill_ratio(index) - fill_ratio) > FILL_TOLERANCE:
                wrong.append(f"{container} {happened_at} {fill_ratio}")
            else:
                stored[index] = 1
    missing = [index for index in ledger.iter_acknowledged() if not stored[index]]
    named = [f"{plan.container(i)} {plan.happened_at(i).isoformat()} (message {i})" for i in missing]
    verdict.note_found(ledger.count_acknowledged(), named, "readings of the sensors")
    verdict.note_wrong("readings that nobody sent", wrong)


def check_claims(connection: Connection, verdict: Verdict, claims: Claims, sensors: Sequence[str]) -> None:
    """Every other promise: probes, bad messages, positions, confirmations, orders, dispatches."""
    for table, query in FOUND.items():
        rows = connection.execute(query, {"sensors": list(sensors)})
        found: set[Hashable] = {row if len(row) > 1 else row[0] for row in rows}
        wanted = claims.of(table)  # type: ignore[arg-type]  # the keys of FOUND are the tables
        verdict.note_found(len(wanted), sorted(map(str, wanted - found)), f"in {table}")


def check_rejected_once(connection: Connection, verdict: Verdict) -> None:
    """A message that was refused stands there once, however often it came through."""
    rows = connection.execute(
        "SELECT mqtt_topic, payload, count(*) - 1 FROM rejected GROUP BY mqtt_topic, payload HAVING count(*) > 1"
    )
    verdict.note_doubled(((f"{topic} {bytes(payload)[:60]!r}", int(times)) for topic, payload, times in rows),  # type: ignore[call-overload]
                         "rejected messages")  # fmt: skip


def check_states(connection: Connection, verdict: Verdict) -> None:
    """Each container's count and latest are those of its rows, and every emptying is in the account of evidence."""
    doubled, missed, latest, emptied = [], [], [], []
    for name, kept, counted, is_old, is_unemptied in connection.execute(STATES).fetchall():
        kept_n, counted_n = int(str(kept)), int(str(counted))
        if kept_n > counted_n:
            doubled.append((name, kept_n - counted_n))
        elif kept_n < counted_n:
            missed.append(f"{name}: the state counts {kept_n}, the rows are {counted_n}")
        if is_old:
            latest.append(str(name))
        if is_unemptied:
            emptied.append(str(name))
    verdict.note_doubled(doubled, "readings in container_state")
    verdict.note_wrong("readings missing in container_state", missed)
    verdict.note_wrong("latest reading of container_state", latest)
    verdict.note_wrong("last emptying of container_state", emptied)
    unobserved = [str(row[0]) for row in connection.execute(UNOBSERVED)]
    verdict.note_wrong("emptyings that are not in the account of evidence", unobserved)


def check_beliefs(connection: Connection, verdict: Verdict) -> None:
    """What was learned while it came, late, twice and by pieces, is what the whole account teaches in its order."""
    connection.execute("SET LOCAL timezone = 'UTC'")
    live = _live_beliefs(connection)
    wrong = []
    with connection.cursor() as cursor:
        rows = cursor.stream(ACCOUNT, binary=True, size=1000)
        for (city, container), own in groupby(rows, key=itemgetter(0, 1)):
            replayed = replay(from_nothing(), (Evidence(*row[2:]) for row in own))[0].belief
            believed = live.pop((city, container), None)
            if believed != replayed:
                wrong.append(f"{container}: {believed} is believed, {replayed} by the account")
    wrong += [f"{container}: {belief} is believed of nothing" for (_, container), belief in live.items()]
    verdict.note_wrong("beliefs", wrong)


def _live_beliefs(connection: Connection) -> dict[tuple[str, str], Belief]:
    """As a planner has them: kept by the writer, and the rest folded in."""
    rows: list[tuple[Any, ...]] = connection.execute(BELIEFS, {"estimator": ESTIMATOR}).fetchall()
    behind = [
        Behind(city, container, news_from, None if document is None else Reached(read_back(document), until, known))
        for city, container, news_from, document, until, known in rows
    ]
    horizon = find_horizon(connection)  # type: ignore[arg-type]  # rows of any kind will do
    return {
        (brought.behind.city, brought.behind.container): brought.reached.belief
        for some in batched(behind, 1000)
        for brought in bring_up(connection, some, horizon)  # type: ignore[arg-type]
    }


def check_trucks(connection: Connection, verdict: Verdict) -> None:
    rows = connection.execute(
        "SELECT truck_id FROM (SELECT truck_id, max(happened_at) AS latest FROM position GROUP BY truck_id) AS p"
        " FULL JOIN truck_state s USING (truck_id) WHERE s.happened_at IS DISTINCT FROM p.latest"
    )
    verdict.note_wrong("trucks that do not stand at their latest position", [str(row[0]) for row in rows])


def check_plans(connection: Connection, verdict: Verdict) -> None:
    """One plan an order, with all its circuits and stops."""
    rows = connection.execute(
        "SELECT document ->> 'request_id', count(*)::int - 1 FROM plan GROUP BY 1 HAVING count(*) > 1"
    )
    verdict.note_doubled(((row[0], int(str(row[1]))) for row in rows), "plans")
    rows = connection.execute(
        "SELECT plan_id FROM plan p WHERE circuits <> (SELECT count(*) FROM circuit c WHERE c.plan_id = p.plan_id)"
        " OR stops <> (SELECT count(*) FROM stop s WHERE s.plan_id = p.plan_id AND kind = 'stop')"
    )
    verdict.note_wrong("plans without all their circuits and stops", [str(row[0]) for row in rows])
