"""Compile the search now, so that the first plan of the day does not wait for it: `python -m routing.engine`."""

from __future__ import annotations

from routing.warm_up import warm_up

if __name__ == "__main__":
    plan = warm_up()
    print(f"Compiled: {len(plan.routes)} circuit for {len(plan.routes[0].visits) - 3} stops in {plan.elapsed_s:.1f} s")
