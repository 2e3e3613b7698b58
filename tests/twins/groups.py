"""A consumer group: who has which partition, and how far each was read."""

from collections.abc import Iterable
from typing import NamedTuple


class Place(NamedTuple):
    topic: str
    partition: int


class Membership:
    """One consumer's seat in its group."""

    def __init__(self, name: str, places: Iterable[Place]) -> None:
        self.name = name
        self.subscribed = frozenset(places)
        self.assigned: list[Place] = []


class Group:
    """Partitions are dealt anew when a member comes or goes, once every member has polled and so knows.

    Until then those who have polled wait, and those who have not may still commit: as in Kafka, where each member
    joins again from its poll.
    """

    def __init__(self) -> None:
        self.committed: dict[Place, int] = {}
        """The offset of the next event to read; absent: none was read."""
        self.generation = 0
        self._members: dict[str, Membership] = {}
        self._missing: set[str] = set()
        """Members that have not joined again since the last change."""

    def join(self, membership: Membership) -> None:
        """Take a seat. Under a name that has one already its partitions are taken over, and the former is out."""
        former = self._members.get(membership.name)
        self._members[membership.name] = membership
        if former is not None and former.assigned:
            membership.assigned = former.assigned
        else:
            self._begin()

    def leave(self, name: str) -> None:
        if self._members.pop(name, None) is not None:
            self._begin()

    def has(self, membership: Membership) -> bool:
        """Whether this very seat is still in the group."""
        return self._members.get(membership.name) is membership

    def attend(self, membership: Membership) -> bool:
        """A member polls; whether it has its partitions for good."""
        if membership.name in self._missing:
            self._missing.discard(membership.name)
            if not self._missing:
                self._deal()
        return not self._missing

    def _begin(self) -> None:
        self._missing = set(self._members)

    def _deal(self) -> None:
        """Neighbouring partitions of each topic to each subscriber, as Kafka's range assignor does."""
        self.generation += 1
        for member in self._members.values():
            member.assigned = []
        places = {place for member in self._members.values() for place in member.subscribed}
        for topic in {place.topic for place in places}:
            of_topic = sorted(place for place in places if place.topic == topic)
            takers = [m for _, m in sorted(self._members.items()) if of_topic[0] in m.subscribed]
            for number, place in enumerate(of_topic):
                takers[number * len(takers) // len(of_topic)].assigned.append(place)
