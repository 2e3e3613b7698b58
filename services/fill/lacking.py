"""Who went without service lately, as a price: what leaving a container once more costs beside the waste in it."""

from collections.abc import Mapping

import numpy as np

from services.city.assumed import KG_A_PERSON_DAY
from services.city.registry import Registry
from services.fill.tallies import Table


def lacking_prices(registry: Registry, people: Mapping[str, float]) -> Table:
    """(n,) money for each further day, in the order of the registry.

    A person without service leaves a day's waste in the street: it costs what litres beside a full container cost,
    unless the city has said what a person's day without service is worth to it.

    Args:
        registry: whose containers.
        people: by container, who lack service and would have it were it emptied as promised; none where it says none.
    """
    rules = registry.city.planning
    kinds = {kind.id: kind.kg_per_l for kind in registry.container_kinds}
    said = rules.unserved_price_per_person
    return np.array(
        [
            people.get(c.id, 0.0)
            * (KG_A_PERSON_DAY / kinds[c.kind] * rules.overflow_price_per_l if said is None else said)
            for c in registry.containers
        ],
        dtype=np.float64,
    )
