"""Orders to plans: forecast, choice, circuits. `plan_day` is the recipe, `main` the process."""
