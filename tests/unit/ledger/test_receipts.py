"""A file of receipts: taken whole, or refused with every line that is wrong, what stands there and what is expected."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.ledger.receipts import WrongReceipts, odometer_faults, read_receipts

HEAD = "receipt,truck,filled_at,fuel_l,odometer_km,source\n"
TRUCKS = {"T1", "T2"}
BENIN = ZoneInfo("Africa/Porto-Novo")  # UTC+1


def read(folder: Path, rows: str, head: str = HEAD) -> list:  # type: ignore[type-arg]
    file = folder / "fuel.csv"
    file.write_text(head + rows, encoding="utf-8")
    return read_receipts(file, TRUCKS, BENIN)


def test_a_spreadsheets_file_is_read(tmp_path: Path) -> None:
    """Semicolons and decimal commas, as a French spreadsheet writes them; instants are the city's."""
    (row,) = read(tmp_path, "A7;T1;2026-11-02 17:40;62,5;120345;receipt\n", HEAD.replace(",", ";"))
    assert (row.fuel_l, row.odometer_km) == (62.5, 120_345)
    assert row.filled_at == datetime(2026, 11, 2, 16, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A1,T9,2026-11-02 17:40,60,,receipt", r"fuel.csv:2: truck T9 is none of this city's; .*lent by another depot"),
        ("A1,T1,2026-11-02,60,,receipt", r"fuel.csv:2: filled_at 2026-11-02 has no time of day"),
        ("A1,T1,hier,60,,receipt", r"filled_at hier; expected an instant"),
        ("A1,T1,2026-11-02 17:40,-60,,receipt", r"fuel_l -60; expected more than 0"),
        ("A1,T1,2026-11-02 17:40,6000,,receipt", r"fuel_l 6000; expected .* at most 1000"),
        ("A1,T1,2026-11-02 17:40,,,receipt", r"fuel_l \(empty\); expected a number"),
        (",T1,2026-11-02 17:40,60,,receipt", r"receipt is empty"),
        ("A1,T1,2026-11-02 17:40,60,,pump", r"source pump; expected receipt or can"),
        (
            "A1,T1,2026-11-02 17:40,60,,receipt\nA1,T1,2026-11-03 17:40,61,,receipt",
            r"receipt A1 stands there 2 times with different words",
        ),
        (
            "A1,T1,2026-11-02 17:40,60,,receipt\nA2,T1,2026-11-02 17:40,20,,receipt",
            r"T1: receipts A1 and A2 overlap, both of 2026-11-02 16:40 UTC",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, row: str, told: str) -> None:
    """Nothing is taken of a file with a fault."""
    with pytest.raises(WrongReceipts, match=told):
        read(tmp_path, row + "\n")


def test_gallons_are_not_litres(tmp_path: Path) -> None:
    """Nobody guesses which gallon is meant: 3.785 or 4.546 litres are 20 % apart."""
    with pytest.raises(WrongReceipts, match=r"fuel_gal is in gallons; expected fuel_l in litres"):
        read(tmp_path, "", "receipt,truck,filled_at,fuel_gal,odometer_km,source\n")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongReceipts) as caught:
        read(tmp_path, "A1,T9,2026-11-02 17:40,60,,receipt\nA2,T1,2026-11-02 17:40,much,,receipt\n")
    assert "fuel.csv:2: truck T9" in str(caught.value)
    assert "fuel.csv:3: fuel_l much" in str(caught.value)


def test_an_odometer_that_was_set_back_is_told_and_harmless(tmp_path: Path) -> None:
    """Litres count; kilometres never come from an odometer."""
    rows = read(tmp_path, "A1,T1,2026-11-02 17:40,60,5000,receipt\nA2,T1,2026-11-03 17:40,61,12,receipt\n")
    assert [row.fuel_l for row in rows] == [60, 61]
    (fault,) = odometer_faults(rows)
    assert "T1: odometer 5000 km on 2026-11-02, then 12 km on 2026-11-03" in fault
