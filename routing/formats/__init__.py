"""Other people's problem files, read as our own `Problem`: CVRPLIB's `.vrp` and Kim et al.'s waste instances."""

from routing.formats.any_file import read_any_problem
from routing.formats.cvrplib import read_vrp
from routing.formats.kim import METRES_PER_MILE, read_kim
from routing.formats.published import read_best_known

__all__ = ["METRES_PER_MILE", "read_any_problem", "read_best_known", "read_kim", "read_vrp"]
