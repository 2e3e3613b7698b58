"""Recovery codes: each opens once what a one-time code would, for whoever has lost the app."""

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry.link_codes import draw_code, hash_code, plain_code

SQL = load_queries(__name__)

CODES = 8
SIGNS_OF_CODE = 16
"""80 bits, in four groups."""


def draw_recovery_codes(connection: Connection, city: str, login: str) -> list[str]:
    """New ones, shown once; those before are void."""
    codes = [draw_code(SIGNS_OF_CODE) for _ in range(CODES)]
    named = {"city": city, "login": login}
    connection.execute(SQL["forget_codes"], named)
    connection.execute(SQL["put_codes"], named | {"codes": [hash_code(code) for code in codes]})
    return ["-".join(code[n : n + 4] for n in range(0, SIGNS_OF_CODE, 4)) for code in codes]


def use_recovery_code(connection: Connection, city: str, login: str, typed: str) -> bool:
    """Whether it was one of the account's, which is used up now."""
    plain = plain_code(typed)
    if len(plain) != SIGNS_OF_CODE:
        return False
    row = connection.execute(SQL["use_code"], {"city": city, "login": login, "code": hash_code(plain)}).fetchone()
    return row is not None


def forget_recovery_codes(connection: Connection, city: str, login: str) -> None:
    connection.execute(SQL["forget_codes"], {"city": city, "login": login})


def count_recovery_codes(connection: Connection, city: str, login: str) -> int:
    row = connection.execute(SQL["count_codes"], {"city": city, "login": login}).fetchone()
    return row["codes"] if row else 0
