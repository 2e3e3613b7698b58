"""What a client asks for, read from the address. What cannot be understood is refused, and never passed over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.web.ngsi_ld.context import TYPES, short
from services.web.ngsi_ld.entities import MODIFIED, Entity, as_key_values
from services.web.ngsi_ld.places import Test as PlaceTest
from services.web.ngsi_ld.places import read_place
from services.web.ngsi_ld.problems import BadRequest, NotSupported
from services.web.ngsi_ld.query import Test, read_query

MOST, USUAL = 1000, 20
UNSUPPORTED = ("idPattern", "csf", "scopeQ", "datasetId", "pick", "omit", "join", "geometryProperty")
NARROWS = ("type", "id", "attrs", "q", "georel")


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

    def matches(self, entity: Entity) -> bool:
        """The cheap questions first."""
        if self.types and entity["type"] not in self.types:
            return False
        if self.ids and entity["id"] not in self.ids:
            return False
        if self.shown.attrs and not self.shown.attrs & entity.keys():
            return False  # 5.7.2: an entity without any of them is not among the answers
        if self.place is not None and not ("location" in entity and self._is_there(self.place, entity)):
            return False
        return self.query is None or self.query(entity)

    def _is_there(self, place: Callable[[float, float], bool], entity: Entity) -> bool:
        lon, lat = entity["location"]["value"]["coordinates"]
        return place(lon, lat)


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
    for name in UNSUPPORTED:
        if name in parameters:
            raise NotSupported(f"{name} is not supported")


def _names(text: str) -> frozenset[str]:
    return frozenset(short(each.strip()) for each in text.split(",") if each.strip())


def _number(parameters: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = parameters.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise BadRequest(f"{name}={text[:40]}: expected a whole number from 0 to {most}")
    return int(text)
