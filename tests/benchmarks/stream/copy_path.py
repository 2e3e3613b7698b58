"""The writer's COPY path alone: models to committed rows, no Kafka."""

import time
from datetime import timedelta
from itertools import batched

from psycopg.rows import dict_row

from services.contracts.telemetry import ReadingReceived
from services.store.connection import connect
from services.writer.telemetry import store_readings
from tests.benchmarks.stream.rig import fresh_rig
from tests.benchmarks.stream.runs import Outcome, outcome_of
from tests.benchmarks.stream.watch import Watch

BATCH = 5000


def copy_path(count: int) -> Outcome:
    """Batches of readings, one a container, into the hypertable and the states."""
    with fresh_rig() as rig:
        plan = rig.messages(count)
        readings = [
            ReadingReceived.model_construct(
                city=plan.city,
                container=plan.container(n),
                happened_at=plan.happened_at(n),
                received_at=plan.happened_at(n) + timedelta(seconds=1),
                fill_ratio=plan.fill_ratio(n),
                battery_ratio=0.93,
                temperature_c=31.5,
            )
            for n in range(count)
        ]
        watch = Watch({"PostgreSQL": rig.stack.server("postgres").pid or 0})
        with connect(rig.stack.database_url, name="bench") as connection:
            assert connection.row_factory is dict_row
            began_s = time.monotonic()
            for batch in batched(readings, BATCH):
                with connection.transaction():
                    store_readings(connection, batch)
            took_s = time.monotonic() - began_s
        if rig.stored() != count:
            raise RuntimeError(f"{rig.stored()} rows stored of {count}")
        return outcome_of(f"COPY path alone, batches of {BATCH:,}", count, took_s, watch)
