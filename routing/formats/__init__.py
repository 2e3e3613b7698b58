"""Other people's problem files, read as our own `Problem`: CVRPLIB's `.vrp`, Kim et al.'s instances, VROOM's JSON."""

from routing.formats.any_file import read_any_problem
from routing.formats.cvrplib import read_vrp
from routing.formats.kim import METRES_PER_MILE, read_kim
from routing.formats.published import read_best_known
from routing.formats.vroom import read_vroom
from routing.formats.vroom_plan import write_vroom

__all__ = [
    "METRES_PER_MILE",
    "read_any_problem",
    "read_best_known",
    "read_kim",
    "read_vroom",
    "read_vrp",
    "write_vroom",
]
