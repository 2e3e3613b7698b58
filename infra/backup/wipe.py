"""Taking away a schema that holds nothing, so that it can be made anew at an earlier level."""

from psycopg import sql

from infra.backup.shapes import Link, list_tables

# Whatever else migrations may have made in the public schema, but for what an extension brought.
VIEWS = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""
TYPES = """
SELECT t.typname FROM pg_type t
WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
"""


def remove_empty_schema(connection: Link) -> None:
    """Drop all that is ours, in one transaction. The caller has made sure that no table has rows."""
    with connection.transaction():
        for name in [row[0] for row in connection.execute(VIEWS)]:
            connection.execute(sql.SQL("DROP VIEW IF EXISTS {} CASCADE").format(sql.Identifier(name)))
        for name in list_tables(connection):
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name)))
        for signature in [row[0] for row in connection.execute(FUNCTIONS)]:
            # A signature as PostgreSQL itself writes it, quoted where it needs to be.
            connection.execute(sql.SQL("DROP ROUTINE IF EXISTS {} CASCADE").format(sql.SQL(signature)))
        for name in [row[0] for row in connection.execute(TYPES)]:
            connection.execute(sql.SQL("DROP TYPE IF EXISTS {} CASCADE").format(sql.Identifier(name)))
