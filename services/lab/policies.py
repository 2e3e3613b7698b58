"""How a city can be served: what is compared."""

from dataclasses import dataclass
from typing import Literal

from services.city.registry import USUAL_DAYS_DECIDED, Container, Registry

type How = Literal["fixed", "rerouted", "at_level", "ours", "perfect"]
type Rules = Literal["own", "organic", "none"]

AT_LEVEL = 0.8
NO_PROMISE_DAYS = 31.0
"""What a city folder allows at most."""
ORGANIC_WORDS = ("organ", "march", "market")
"""In a stream or a kind: waste that rots, as markets' does."""


@dataclass(frozen=True)
class Policy:
    """`measured` is the share of containers with a sensor; `eyes`: crews note how full what they emptied was."""

    id: str
    how: How
    measured: float = 0.0
    eyes: bool = True
    days_decided: int = USUAL_DAYS_DECIDED

    @property
    def learns(self) -> bool:
        """It goes by what is believed of containers."""
        return self.how in {"ours", "perfect"}


POLICIES = (
    Policy("fixed", "fixed"),
    Policy("rerouted", "rerouted"),
    Policy("at-80", "at_level"),
    Policy("dates", "ours", eyes=False),
    Policy("ours-0", "ours"),
    Policy("ours-10", "ours", 0.1),
    Policy("ours-30", "ours", 0.3),
    Policy("ours-100", "ours", 1.0),
    Policy("day-by-day-0", "ours", days_decided=1),
    Policy("day-by-day", "ours", 1.0, days_decided=1),
    Policy("perfect", "perfect"),
)
"""Fixed circuits; the same containers on circuits of the day; emptied at 80 %, whatever the level really is, by sensors
that are never wrong; ours by bare dates, by crews' eyes, by sensors; ours with each day decided by itself, without a
sensor and with all measured; ours by the true levels of the days to come."""


def with_rules(registry: Registry, rules: Rules, policy: Policy) -> Registry:
    """The city under other promises: its own; organic waste every day besides; none but that people count as served."""
    planning = registry.city.planning.model_copy(update={"days_decided": policy.days_decided})
    containers = registry.containers
    if rules == "none":
        planning = planning.model_copy(update={"max_days_between_emptyings": NO_PROMISE_DAYS, "max_days_by_stream": ()})
        containers = tuple(c.model_copy(update={"max_days": None}) for c in containers)
    elif rules == "organic":
        containers = tuple(c.model_copy(update={"max_days": 1.0}) if is_organic(c) else c for c in containers)
    city = registry.city.model_copy(update={"planning": planning})
    return registry.model_copy(update={"city": city, "containers": containers})


def is_organic(container: Container) -> bool:
    """By the words of its stream or kind."""
    return any(word in f"{container.stream} {container.kind}".lower() for word in ORGANIC_WORDS)
