"""A made-up coastal city, drawn from a seed: its folder is what the platform and the other simulators read."""

from simulators.city.draw import DrawnCity, draw_city
from simulators.city.folder_writer import write_city_folder

__all__ = ["DrawnCity", "draw_city", "write_city_folder"]
