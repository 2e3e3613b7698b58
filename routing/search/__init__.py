"""The search as a recipe: districts, chains that work on them side by side, and the parts that polish."""
