"""A telephone with SMS Gateway for Android: its texts are signed, and what is answered is sent through its interface.

The pages have no way out: they put the reply down, and the service `webhook` sends it. It is the one thing of a text
that is stored, and until it is sent.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping

from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)

FRESH_S = 300
"""How old a signature may be: the app signs at each try."""
NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
"""A telephone's, as E.164 has it. Names and short numbers are operators' and shops': machines, which answer answers."""


def find_signing_key(connection: Connection, city: str) -> str | None:
    """What the city's telephone signs with; None where `tournee sms add` was never asked for one."""
    row = connection.execute(SQL["find_signing_key"], {"city": city}).fetchone()
    return row["signing_key"] if row else None


def is_signed(signing_key: str, headers: Mapping[str, str], body: bytes, now_s: float) -> bool:
    """As its manual says: HMAC-SHA256 of the body as it came and `X-Timestamp`, in hexadecimal digits."""
    sent = headers.get("x-timestamp", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 12 and abs(now_s - int(sent)) <= FRESH_S):
        return False
    expected = hmac.new(signing_key.encode(), body + sent.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), headers.get("x-signature", "").lower().encode())


def put_reply(connection: Connection, city: str, event: str, phone: str, reply: str) -> bool:
    """Have it sent; not where nobody would read it. The same text again is answered once."""
    if not reply or not NUMBER.fullmatch(phone):
        return False
    connection.execute(SQL["add_reply"], {"city": city, "event": event, "phone": phone, "reply": reply})
    return True
