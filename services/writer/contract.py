"""What is said of a contract's penalties, into the store: answers and signatures, each once and for good."""

from collections.abc import Sequence

from services.contracts.contract import PenaltyAnswered, SheetSigned
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import JsonDocument

SQL = load_queries(__name__)


def store_answers(connection: Connection, answers: Sequence[PenaltyAnswered]) -> None:
    """An answer that is there already stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_answer"], [answer.model_dump() for answer in answers])


def store_signed_sheets(connection: Connection, sheets: Sequence[SheetSigned]) -> None:
    """A signature that is there already stays as it is; another one of the same month is a further one."""
    key = {"id", "city", "fleet", "month", "signed_by", "signed_at"}
    rows = [{**s.model_dump(include=key), "document": JsonDocument(s.model_dump(mode="json"))} for s in sheets]
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_signed_sheet"], rows)
