"""Routing of waste rounds: the solver knows nobody. `solve(problem, MaxRuntime(60))` is the way in."""

from routing.check import Verdict, check
from routing.coverage import Coverage, Zone, ZoneCoverage, service_coverage
from routing.crews import with_own_crews
from routing.errors import Fault, FileError, FileWarning, PlanError, ProblemError, RoutingError
from routing.files import plan_document, read_plan, read_problem, write_plan, write_problem
from routing.fixed_circuits import FixedCircuit, replay_fixed_circuit
from routing.fuel import litres
from routing.matrices import estimated_roads
from routing.options import COMPANY, Familiarity, Preferences, SolverOptions
from routing.problem import (
    Break,
    Depot,
    DisposalSite,
    FuelModel,
    Location,
    Matrix,
    Prices,
    Problem,
    Stop,
    Vehicle,
)
from routing.replan import Changes, replan
from routing.solution import Load, Reason, Route, Solution, Unserved, Visit, VisitKind
from routing.solve import solve
from routing.stop import (
    AnyOf,
    FirstFeasible,
    MaxIterations,
    MaxRuntime,
    NoImprovement,
    Progress,
    StopCriterion,
    WhenAsked,
)
from routing.validation import validate

__all__ = [
    "COMPANY",
    "AnyOf",
    "Break",
    "Changes",
    "Coverage",
    "Depot",
    "DisposalSite",
    "Familiarity",
    "Fault",
    "FileError",
    "FileWarning",
    "FirstFeasible",
    "FixedCircuit",
    "FuelModel",
    "Load",
    "Location",
    "Matrix",
    "MaxIterations",
    "MaxRuntime",
    "NoImprovement",
    "PlanError",
    "Preferences",
    "Prices",
    "Problem",
    "ProblemError",
    "Progress",
    "Reason",
    "Route",
    "RoutingError",
    "Solution",
    "SolverOptions",
    "Stop",
    "StopCriterion",
    "Unserved",
    "Vehicle",
    "Verdict",
    "Visit",
    "VisitKind",
    "WhenAsked",
    "Zone",
    "ZoneCoverage",
    "check",
    "estimated_roads",
    "litres",
    "plan_document",
    "read_plan",
    "read_problem",
    "replan",
    "replay_fixed_circuit",
    "service_coverage",
    "solve",
    "validate",
    "with_own_crews",
    "write_plan",
    "write_problem",
]
