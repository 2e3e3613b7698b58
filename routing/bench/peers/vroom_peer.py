"""VROOM, through pyvroom. It knows no trips by way of a disposal site and no prizes, so it takes part in CVRP only."""

from __future__ import annotations

from datetime import timedelta

import vroom

from routing.bench.answer import Answer, NoFairModel, Task, cvrp_order, is_plain_cvrp

MOST_THOROUGH = 5  # VROOM's highest exploration level


def solve(task: Task) -> Answer:
    """Raises `NoFairModel` for anything but a plain CVRP. VROOM stops by itself when its search is through."""
    problem = task.problem
    if not is_plain_cvrp(problem):
        raise NoFairModel(f"{problem.name}: VROOM knows neither several trips by disposal sites nor prizes")
    depot = problem.depots[0].location
    model = vroom.Input()
    distance = problem.matrices[problem.vehicles[0].profile].distance_m
    model.set_durations_matrix("car", distance)
    model.set_costs_matrix("car", distance)
    model.add_vehicle(
        [
            vroom.Vehicle(number, start=depot, end=depot, capacity=[int(vehicle.capacity_l)])
            for number, vehicle in enumerate(problem.vehicles)
        ]
    )
    model.add_job(
        [
            vroom.Job(number, location=stop.location, delivery=vroom.Amount([int(stop.demand_l)]))
            for number, stop in enumerate(problem.stops)
        ]
    )
    answer = model.solve(MOST_THOROUGH, nb_threads=task.cores, timeout=timedelta(seconds=task.seconds)).to_dict()
    orders = []
    for route in answer["routes"]:
        stops = [step["id"] for step in route["steps"] if step["type"] == "job"]
        orders.append((problem.vehicles[route["vehicle"]].id, cvrp_order(problem, stops)))
    return Answer(orders, first_feasible_s=None)  # it shows nothing on the way
