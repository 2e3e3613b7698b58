"""What a client asks for, read from the address. What cannot be understood is refused, and never passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.portals.context import TYPES, short
from services.portals.entities import MODIFIED, Candidate, Entity, as_key_values
from services.web.ngsi_ld.places import Test as PlaceTest
from services.web.ngsi_ld.places import read_place
from services.web.ngsi_ld.problems import BadRequest, NotSupported
from services.web.ngsi_ld.query import Test, read_query

MOST, USUAL = 1000, 20
NARROWS = ("type", "id", "attrs", "q", "georel")
KNOWN = {*NARROWS, "geometry", "coordinates", "geoproperty", "limit", "offset", "count", "options", "format", "local"}
"""`local` says not to ask other brokers: there are none behind us."""


@dataclass(frozen=True)
class Shown:
    """How entities are told: with which attributes, and whether by their values alone."""

    attrs: frozenset[str]
    """Empty: all."""
    key_values: bool
    system: bool
    """With `modifiedAt`."""

    def of(self, entity: Entity) -> Entity:
        kept = {name: each for name, each in entity.items() if self._is_kept(name)}
        return as_key_values(kept) if self.key_values else kept

    def _is_kept(self, name: str) -> bool:
        if name == MODIFIED:
            return self.system
        return not self.attrs or name in {"id", "type"} or name in self.attrs


@dataclass(frozen=True)
class Asked:
    types: frozenset[str]
    ids: frozenset[str]
    place: PlaceTest | None
    query: Test | None
    shown: Shown
    limit: int
    offset: int
    counts: bool

    def page_of(self, candidates: Sequence[Candidate]) -> tuple[list[Entity], int]:
        """The page that is asked for, and how many there are in all. The cheap questions first."""
        found = [
            each
            for each in candidates
            if (not self.types or each.type in self.types) and (not self.ids or each.id in self.ids)
        ]
        if self.place is not None:
            placed = [(each, each.place) for each in found if each.place is not None]
            there = self.place(np.array([place for _, place in placed], dtype=np.float64).reshape(-1, 2))
            found = [each for (each, _), is_there in zip(placed, there, strict=True) if is_there]
        page = slice(self.offset, self.offset + self.limit)
        if not self.shown.attrs and self.query is None:
            return [each.make() for each in found[page]], len(found)
        entities = [entity for entity in (each.make() for each in found) if self._matches(entity)]
        return entities[page], len(entities)

    def _matches(self, entity: Entity) -> bool:
        if self.shown.attrs and not self.shown.attrs & entity.keys():
            return False  # 5.7.2: an entity without any of them is not among the answers
        return self.query is None or self.query(entity)


def read_asked(parameters: Mapping[str, str]) -> Asked:
    """A query for entities.

    Raises:
        BadRequest, NotSupported: the message names the parameter.
    """
    _refuse_unsupported(parameters)
    if not any(parameters.get(name) for name in NARROWS):
        raise BadRequest(f"at least one of {', '.join(NARROWS)} is needed: type={TYPES[0]}")
    geoproperty = parameters.get("geoproperty", "location")
    if short(geoproperty) != "location":
        raise NotSupported(f"geoproperty={geoproperty}: entities here have a location")
    georel, query = parameters.get("georel"), parameters.get("q")
    return Asked(
        types=_names(parameters.get("type", "").replace("|", ",")),
        ids=frozenset(each for each in parameters.get("id", "").split(",") if each),
        place=read_place(georel, parameters.get("geometry"), parameters.get("coordinates")) if georel else None,
        query=read_query(query) if query else None,
        shown=read_shown(parameters),
        limit=_number(parameters, "limit", USUAL, MOST),
        offset=_number(parameters, "offset", 0, 10**9),
        counts=parameters.get("count") == "true",
    )


def read_shown(parameters: Mapping[str, str]) -> Shown:
    _refuse_unsupported(parameters)
    options = {*parameters.get("options", "").split(","), parameters.get("format", "")} - {""}
    if unknown := options - {"keyValues", "simplified", "normalized", "sysAttrs"}:
        raise NotSupported(
            f"{', '.join(sorted(unknown))}: keyValues, simplified, normalized and sysAttrs are supported"
        )
    attrs = _names(parameters.get("attrs", ""))
    return Shown(attrs, bool(options & {"keyValues", "simplified"}), system="sysAttrs" in options)


def _refuse_unsupported(parameters: Mapping[str, str]) -> None:
    if unknown := parameters.keys() - KNOWN:
        raise NotSupported(f"{', '.join(sorted(unknown))[:200]}: not supported; known are {', '.join(sorted(KNOWN))}")


def _names(text: str) -> frozenset[str]:
    return frozenset(short(each.strip()) for each in text.split(",") if each.strip())


def _number(parameters: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = parameters.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise BadRequest(f"{name}={text[:40]}: expected a whole number from 0 to {most}")
    return int(text)
