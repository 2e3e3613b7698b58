"""What a container's page makes of rows: emptyings told once, a row's changes, lines that stop where nobody spoke."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.web.container.chart import draw_chart
from services.web.container.history import Emptying, emptyings_of, pieces_of, registry_changes

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def observation(kind: str, hours: float, **changes: Any) -> Any:
    row = {
        "kind": kind, "happened_at": NOW - hours * HOUR, "fill_ratio": None, "weight_kg": None, "reason": None,
        "remark": None, "truck_id": "T1", "said_by": "awa",
    }  # fmt: skip
    return row | changes


def test_fall_beside_a_crew_s_word_is_the_same_emptying() -> None:
    """One line for both, with the level that the sensor knew; a fall that nobody told of has a line of its own."""
    falls = [(NOW - 49 * HOUR, 0.8), (NOW - 10 * HOUR, 0.6)]
    found = emptyings_of([observation("emptied", 48), observation("seen", 5)], falls)
    assert found == [Emptying(NOW - 10 * HOUR, 0.6, None), Emptying(NOW - 48 * HOUR, 0.8, "T1")]


def test_crew_s_own_eyes_count_before_the_sensor_s_level() -> None:
    (found,) = emptyings_of([observation("emptied", 48, fill_ratio=1.0)], [(NOW - 48 * HOUR, 0.8)])
    assert found.level == 1.0


def test_visit_that_came_to_nothing_stands_once() -> None:
    """It is evidence too where the crew saw the level: the level comes with it."""
    skipped: Any = [{"happened_at": NOW - 5 * HOUR, "truck_id": "T1", "reason": "not_full", "said_by": "awa"}]
    found = pieces_of([observation("seen", 5, fill_ratio=0.25), observation("report", 3, truck_id=None)], skipped)
    assert [(piece.kind, piece.level, piece.by) for piece in found] == [
        ("report", None, "awa"),
        ("skipped", 0.25, "T1"),
    ]


def row(version: int, loaded_h: float, gone: tuple[int, float] | None, **document: Any) -> Any:
    """`gone`: the version that ended it, and hours ago."""
    return {
        "document": document, "from_version": version, "loaded_at": NOW - loaded_h * HOUR, "who": f"v{version}",
        "reason": f"why {version}", "gone_version": gone[0] if gone else None,
        "gone_at": NOW - gone[1] * HOUR if gone else None, "gone_by": "later" if gone else None,
        "gone_reason": "taken away" if gone else None,
    }  # fmt: skip


def test_row_of_the_registry_is_added_edited_removed_and_added_again() -> None:
    """A row that ends where another begins was edited; else it was gone in between."""
    rows = [row(1, 90, (2, 60), kind="bin", truck_classes=[]),
            row(2, 60, (3, 30), kind="bin", truck_classes=["a", "b"]),
            row(4, 10, None, kind="bin")]  # fmt: skip
    found = [(change.kind, change.by, change.reason, change.fields) for change in registry_changes(rows)]
    assert found == [
        ("added", "v1", "why 1", ()),
        ("edited", "v2", "why 2", (("truck_classes", None, "a; b"),)),
        ("removed", "later", "taken away", ()),
        ("added", "v4", "why 4", ()),
    ]


def test_line_stops_where_the_sensor_was_silent_and_where_nobody_believes_it() -> None:
    """Readings at -90, -89, then -40 h: two stretches; from -20 h on they are drawn as doubted."""
    levels: Any = [
        {"at": NOW - h * HOUR, "fill_ratio": 0.5, "least": 0.5, "most": 0.5, "readings": 1} for h in (90, 89, 40, 19, 2)
    ]
    span = (NOW - 100 * HOUR, NOW, NOW + 100 * HOUR)
    chart = draw_chart(levels, [], None, span, ZoneInfo("UTC"), full_at=0.8, doubted_since=NOW - 20 * HOUR)
    assert len(chart.lines) == 2
    assert len(chart.doubted) == 1
    # 90 h ago is 10 h after the beginning of 200 h: 50 thousandths; half full of 1 is in the middle.
    assert chart.lines[0].startswith("M50.0 500.0L")
    assert (chart.now_x, chart.full_y) == (50.0, 20.0)
