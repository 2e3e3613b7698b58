"""The changes of a plan in their order: what can be undone, what redone, what nobody has sent yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from services.contracts.changes import PlanChange
from services.store.connection import Connection
from services.web.operator import store


@dataclass(frozen=True)
class Step:
    """One change and the plan that came of it."""

    change: PlanChange
    plan_id: UUID

    @property
    def by(self) -> str:
        return self.change.changed_by

    @property
    def at(self) -> datetime:
        return self.change.changed_at


@dataclass(frozen=True)
class History:
    """Of one chain: the plan with which it began, and every step since."""

    root_id: UUID
    steps: tuple[Step, ...]

    @property
    def head_id(self) -> UUID:
        """The plan that is changed next: the last word."""
        return self.steps[-1].plan_id if self.steps else self.root_id

    @cached_property
    def _stacks(self) -> tuple[list[Step], list[Step]]:
        return _folded(self.steps)

    @property
    def undoable(self) -> Step | None:
        """The change that would be taken back now."""
        return self._stacks[0][-1] if self._stacks[0] else None

    @property
    def redoable(self) -> Step | None:
        """The change that was taken back last, and nothing else changed since."""
        return self._stacks[1][-1] if self._stacks[1] else None

    def since(self, plan_id: UUID) -> tuple[Step, ...]:
        """What was changed after this plan; everything where the plan is none of the chain."""
        at = next((n for n, step in enumerate(self.steps) if step.plan_id == plan_id), -1)
        return self.steps[at + 1 :]

    def find(self, change_id: UUID) -> Step | None:
        return next((step for step in self.steps if step.change.change_id == change_id), None)

    def has(self, plan_id: UUID | None) -> bool:
        return plan_id == self.root_id or any(step.plan_id == plan_id for step in self.steps)

    def reference_id(self, sent_id: UUID | None) -> UUID:
        """What the drivers have, if that is of this chain; else the planner's own plan."""
        return sent_id if sent_id is not None and self.has(sent_id) else self.root_id

    def unsent(self, sent_id: UUID | None) -> list[Step]:
        """Changes that hold and that no driver has, oldest first; what was taken back again is none."""
        return _folded(self.since(self.reference_id(sent_id)))[0]


def _folded(steps: Iterable[Step]) -> tuple[list[Step], list[Step]]:
    """Those that hold and those that can be made again. Taking back more than there is counts as a change itself."""
    done: list[Step] = []
    undone: list[Step] = []
    for step in steps:
        if step.change.kind == "undo" and done and done[-1].change.change_id == step.change.of:
            undone.append(done.pop())
        elif step.change.kind == "redo" and undone and undone[-1].change.change_id == step.change.of:
            done.append(undone.pop())
        else:
            done.append(step)
            undone.clear()
    return done, undone


def history_of(plan_id: UUID, rows: Sequence[store.ChangeRow]) -> History:
    """The rows linked by their parents, from the plan that none of them made."""
    by_parent = {row["parent_id"]: row for row in rows}
    made = {row["plan_id"] for row in rows}
    root = next((parent for parent in by_parent if parent not in made), plan_id)
    steps, here = list[Step](), root
    while here in by_parent:
        row = by_parent[here]
        here = row["plan_id"]
        steps.append(Step(PlanChange.model_validate(row["document"]), here))
    return History(root, tuple(steps))


def read_history(connection: Connection, city: str, plan_id: UUID) -> History:
    """Of the chain that a plan is in; one that nobody changed has a history without steps."""
    return history_of(plan_id, store.list_changes(connection, city, plan_id))
