"""How rows come out of the store and documents go in: the driver's own ways, under our names and at one door."""

from psycopg.errors import UniqueViolation as AlreadyThere
from psycopg.rows import args_row as rows_as
from psycopg.rows import tuple_row as rows_as_tuples
from psycopg.types.json import Jsonb as JsonDocument

__all__ = ["AlreadyThere", "JsonDocument", "rows_as", "rows_as_tuples"]
