"""Kafka: whether it answers, holds our topics, and how far the groups are behind."""

from infra.doctor.findings import Finding, fail, look, ok
from services.contracts import topics
from services.errors import StreamAway
from services.operations.kafka_admin import GROUPS, KafkaAdmin, Partition, Place
from services.operations.questions import ask_api_versions, kafka_question
from services.settings import KafkaServers

START_IT = "start it, or set TOURNEE_KAFKA to where it is"
LOOK_LAG = 10_000
"""Two seconds of a megacity's stream, an hour of a town's."""

# The newest request that each release line of Apache Kafka brought: its versions tell more than it says of itself.
FETCH, CONSUMER_GROUP_HEARTBEAT, SHARE_FETCH = 1, 68, 78


def check_stream(kafka: str | KafkaServers) -> list[Finding]:
    """From the port to the lag; the first thing that is missing ends it."""
    away = kafka_question(kafka)()
    if away is not None:
        return [fail("Kafka", away, START_IT)]
    findings = []
    try:
        with KafkaAdmin(kafka, name="doctor") as admin:
            partitions = admin.list_partitions()
            findings += [ok("Kafka", _describe(kafka, partitions)), check_topics(partitions)]
            findings += _check_lags(admin)
    except StreamAway as error:
        findings.append(fail("Kafka", str(error), "it takes connections but does not work: see its log"))
    return findings


def _describe(kafka: str | KafkaServers, partitions: list[Partition]) -> str:
    brokers = sorted({partition.leader for partition in partitions if partition.has_leader})
    return f"{kafka} answers as {_generation(kafka)}; brokers {', '.join(map(str, brokers)) or 'unknown'}"


def _generation(kafka: str | KafkaServers) -> str:
    servers = KafkaServers(kafka) if isinstance(kafka, str) else kafka
    host, _, port = servers.bootstrap.split(",", maxsplit=1)[0].strip().rpartition(":")
    try:
        known = ask_api_versions(host, int(port), ca=servers.ca)
    except (OSError, ValueError):  # the second of several answers
        return "Kafka"
    if SHARE_FETCH in known:
        return "Kafka 4.1 or later"
    if CONSUMER_GROUP_HEARTBEAT in known:
        return "Kafka 3.7 to 4.0"
    return f"Kafka before 3.7 (fetches up to version {known.get(FETCH, (0, 0))[1]})"


def check_topics(partitions: list[Partition]) -> Finding:
    """Whether every topic of ours is there, and every partition of it has a broker that leads it."""
    counts = {topic: sum(p.place.topic == topic for p in partitions) for topic in topics.ALL}
    if missing := [topic for topic, count in counts.items() if not count]:
        return fail("topics", f"missing: {', '.join(missing)}", "run: tournee db topics")
    if leaderless := [_name(p.place) for p in partitions if not p.has_leader and p.place.topic in counts]:
        return fail("topics", f"nobody serves {', '.join(leaderless)}", "a broker is away: start it")
    return ok("topics", ", ".join(f"{topic} {count}" for topic, count in counts.items()) + " partitions")


def _check_lags(admin: KafkaAdmin) -> list[Finding]:
    findings = []
    for group, subscribed in GROUPS.items():
        lags = admin.lags(group, subscribed)
        total = sum(lags.values())
        if total < LOOK_LAG:
            findings.append(ok(f"lag of {group}", f"{total:,} events"))
        else:
            most = max(lags, key=lags.__getitem__)
            detail = f"{total:,} events, {lags[most]:,} of them in {_name(most)}"
            findings.append(look(f"lag of {group}", detail, f"is tournee {group} running? see its log"))
    return findings


def _name(place: Place) -> str:
    return f"{place.topic}/{place.partition}"
