"""The same way with the C tools, no checks and no keys: what the wire and the servers allow.

`mosquitto_sub | kcat -P` into a topic, then `kcat -C | psql COPY` into a table of one column. They validate nothing,
reject nothing, count nothing once, and lose what is between two of them when one dies.
"""

import shlex
import shutil
import subprocess
import time

import psycopg
from kafka.admin import KafkaAdminClient

from services.contracts import topics
from tests.benchmarks.stream.rig import Rig, fresh_rig
from tests.benchmarks.stream.runs import Outcome, wait_until

TOPIC = "c-tools"
BUFFERED = 200
"""More than are counted: a pipe's buffer keeps the last few until more come."""
NEEDED = ("mosquitto_sub", "kcat", "psql")


def missing_tools() -> list[str]:
    return [tool for tool in NEEDED if shutil.which(tool) is None]


def c_halves(count: int) -> tuple[Outcome, Outcome]:
    """MQTT to Kafka, and Kafka to the store, by the C tools.

    Raises:
        RuntimeError: a tool is missing or failed.
    """
    if missing := missing_tools():
        raise RuntimeError(f"needs {', '.join(missing)}: apt install mosquitto-clients kcat postgresql-client")
    with fresh_rig() as rig:
        admin = KafkaAdminClient(bootstrap_servers=rig.stack.kafka)
        admin.create_topics({TOPIC: {"num_partitions": 4, "replication_factor": 1}})
        admin.close()
        rig.store.execute("CREATE TABLE c_tools (line text NOT NULL)")
        return _into_kafka(rig, count), _into_store(rig, count)


def _into_kafka(rig: Rig, count: int) -> Outcome:
    subscribe = ["mosquitto_sub", "-h", rig.stack.mqtt_host, "-p", str(rig.stack.mqtt_port), "-i", "c-tools", "-c"]
    subscribe += ["-q", "1", "-t", topics.MQTT_EVERYTHING, "-F", "%p"]
    produce = ["kcat", "-P", "-q", "-b", rig.stack.kafka, "-t", TOPIC, "-X", "acks=all", "-X", "linger.ms=5"]
    pipe = subprocess.Popen(["sh", "-c", f"{shlex.join(subscribe)} | {shlex.join(produce)}"], start_new_session=True)
    try:
        time.sleep(2)
        began_s = time.monotonic()
        with rig.sensors(rig.messages(count + BUFFERED)):
            took_s = wait_until(lambda: rig.in_kafka(TOPIC) >= count, began_s, None)
    finally:
        subprocess.run(["kill", "--", f"-{pipe.pid}"], check=True)
        pipe.wait()
    return Outcome("C: mosquitto_sub | kcat -P", count, took_s)


def _into_store(rig: Rig, count: int) -> Outcome:
    consume = ["kcat", "-C", "-q", "-e", "-b", rig.stack.kafka, "-t", TOPIC, "-o", "beginning"]
    copy = ["psql", "-q", "-c", "COPY c_tools FROM STDIN"]
    began_s = time.monotonic()
    environment = {"PATH": "/usr/bin:/bin", **_libpq(rig.stack.database_url)}
    subprocess.run(["sh", "-c", f"{shlex.join(consume)} | {shlex.join(copy)}"], check=True, env=environment)
    took_s = time.monotonic() - began_s
    row = rig.store.execute("SELECT count(*) FROM c_tools").fetchone()
    if row is None or not count <= row[0] <= count + BUFFERED:
        raise RuntimeError(f"the C tools stored {row} rows of {count}")
    return Outcome("C: kcat -C | psql COPY", count, took_s)


def _libpq(url: str) -> dict[str, str]:
    """The address as psql's environment: a password on a command line is everybody's to read."""
    known = psycopg.conninfo.conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[key]: str(value) for key, value in known.items() if key in names}
