"""Why a plan is what it is: what each stop costs, what binds each circuit, what one more truck or hour would save.

Needs no compiler: only `what_if`, which searches, loads the engine, and only when it is called.
"""

from routing.explain.circuits import ExplainedCircuit, LimitUse, Trip
from routing.explain.left_out import Insertion
from routing.explain.plan import Explanation, explain, explanation_document, tries_at_most
from routing.explain.stops import StopCost, route_without
from routing.explain.untimed import Bill
from routing.explain.what_if import Change, LongerShift, OneMoreTruck, WhatIf, changes_to_try, what_if, what_ifs

__all__ = [
    "Bill",
    "Change",
    "ExplainedCircuit",
    "Explanation",
    "Insertion",
    "LimitUse",
    "LongerShift",
    "OneMoreTruck",
    "StopCost",
    "Trip",
    "WhatIf",
    "changes_to_try",
    "explain",
    "explanation_document",
    "route_without",
    "tries_at_most",
    "what_if",
    "what_ifs",
]
