"""How crews work and phones report: rates and spreads, all parameters. Assumed where no source is named."""

from dataclasses import dataclass, field

# Of all stops; the reasons are those of the product's wire format.
SKIP_CHANCES = {"blocked": 0.010, "not_found": 0.002, "damaged": 0.001, "burning": 0.001}

# Speed over free speed by local hour: the morning and evening rush.
RUSH = {7: 0.80, 8: 0.75, 9: 0.85, 12: 0.9, 13: 0.92, 17: 0.8, 18: 0.75, 19: 0.85}


@dataclass(frozen=True)
class Habits:
    """Everything that varies about a driver, the crew and the phone."""

    position_every_s: float = 10.0
    gps_noise_m: float = 5.0  # open sky, a cheap phone
    gps_gap_chance: float = 0.015  # per leg
    gps_gap_s: tuple[float, float] = (40.0, 240.0)
    speed_sigma: float = 0.10  # of the logarithm, per leg
    service_sigma: float = 0.20  # of the logarithm, per stop
    skip_chances: dict[str, float] = field(default_factory=lambda: dict(SKIP_CHANCES))
    nearly_empty_ratio: float = 0.12
    leave_nearly_empty_chance: float = 0.8
    skip_s: float = 25.0
    overload_factor: float = 1.1  # crews press a little more in than the plate says
    sees_fill_chance: float = 0.7  # the crew notes how full it was, in quarters
