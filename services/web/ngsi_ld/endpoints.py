"""Containers, models and isles for a city's portal, by NGSI-LD. Whoever has the city's key reads; nobody writes."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response

from services.city.registry import City
from services.portals.context import CONTEXT, CORE, PATH, TYPES, short
from services.portals.entities import PLAIN, Candidate, candidates_of
from services.portals.store import list_containers, list_kinds
from services.web.figures import store as shared
from services.web.ngsi_ld import store
from services.web.ngsi_ld.asking import Asked, read_asked, read_shown
from services.web.ngsi_ld.problems import NoKey, NotAcceptable, NoTenant, NotFound
from services.web.requests.deps import WithStore

router = APIRouter(tags=["NGSI-LD"])

JSON, JSON_LD = "application/json", "application/ld+json"
ANY = {"*/*", "application/*"}
BASE = "/ngsi-ld/v1"


def get_city(
    connection: WithStore,
    authorization: Annotated[str, Header(description="Bearer KEY: tournee device key CITY ngsi-ld")] = "",
    x_auth_token: Annotated[str, Header(description="the key alone, as FIWARE's proxies hand it on")] = "",
    ngsild_tenant: Annotated[str, Header(description="the city's id; the key tells it too")] = "",
) -> City:
    """The city whose key it is: a key opens one tenant."""
    scheme, _, bearer = authorization.partition(" ")
    key = x_auth_token or (bearer.strip() if scheme.lower() == "bearer" else "")
    found = store.find_city_of_key(connection, key) if key else None
    city = shared.find_city(connection, found) if found else None
    if city is None:
        raise NoKey("send the city's key as Authorization: Bearer KEY, or as X-Auth-Token")
    if ngsild_tenant and ngsild_tenant != city.id:
        raise NoTenant("NGSILD-Tenant names another city than the key")
    return city


PortalCity = Annotated[City, Depends(get_city)]


@router.get(f"{BASE}/entities", response_class=Response)
def query_entities(request: Request, city: PortalCity, connection: WithStore) -> Response:
    """Entities by `type`, `id`, `attrs`, `q` and `georel` (near, within), paged by `limit` and `offset`.

    With `count=true` the header `NGSILD-Results-Count` says how many there are. `options=keyValues` for values alone.
    """
    media = _media(request)
    asked = read_asked(request.query_params)
    page, count = asked.page_of(_candidates(connection, city))
    answer = _answer(request, city, media, [asked.shown.of(entity) for entity in page])
    if asked.counts:
        answer.headers["NGSILD-Results-Count"] = str(count)
    for relation, offset in _neighbours(asked, count):
        address = f"{BASE}/entities?{urlencode({**request.query_params, 'limit': asked.limit, 'offset': offset})}"
        answer.headers.append("Link", f'<{address}>;rel="{relation}";type="{media}"')
    return answer


@router.get(f"{BASE}/entities/{{entity_id}}", response_class=Response)
def get_entity(request: Request, city: PortalCity, connection: WithStore, entity_id: str) -> Response:
    """One entity by its id."""
    media, shown = _media(request), read_shown(request.query_params)
    found = next((each for each in _candidates(connection, city) if each.id == entity_id), None)
    if found is None:
        raise NotFound(f"{city.id} has no entity {entity_id}")
    return _answer(request, city, media, shown.of(found.make()))


@router.get(f"{BASE}/types", response_class=Response)
def list_types(request: Request, city: PortalCity, connection: WithStore) -> Response:
    """The types of which there are entities; with `details=true` each with the names of its attributes."""
    media = _media(request)
    attributes = _attributes_by_type(_candidates(connection, city))
    if request.query_params.get("details") == "true":
        told: Any = [
            {"id": _type_id(name), "type": "EntityType", "typeName": name, "attributeNames": sorted(kinds)}
            for name, kinds in attributes.items()
        ]
    else:
        told = {"id": "urn:ngsi-ld:EntityTypeList:tournee", "type": "EntityTypeList", "typeList": sorted(attributes)}
    return _answer(request, city, media, told)


@router.get(f"{BASE}/types/{{name:path}}", response_class=Response)
def get_type(request: Request, city: PortalCity, connection: WithStore, name: str) -> Response:
    """How many entities of a type there are, and their attributes."""
    media, candidates = _media(request), _candidates(connection, city)
    kinds = _attributes_by_type(candidates).get(short(name))
    if kinds is None:
        raise NotFound(f"{city.id} has no entities of type {name}; there are {', '.join(TYPES)}")
    told = {
        "id": _type_id(short(name)),
        "type": "EntityTypeInfo",
        "typeName": short(name),
        "entityCount": sum(each.type == short(name) for each in candidates),
        "attributeDetails": [
            {"id": f"urn:ngsi-ld:Attribute:{attribute}", "type": "Attribute", "attributeName": attribute,
             "attributeTypes": [kinds[attribute]]}
            for attribute in sorted(kinds)
        ],
    }  # fmt: skip
    return _answer(request, city, media, told)


@router.get(PATH, response_class=Response)
def get_context() -> Response:
    """What our terms mean (`@context`): those of Smart Data Models. For everybody."""
    headers = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}
    return JSONResponse(CONTEXT, headers=headers, media_type=JSON_LD)


def _candidates(connection: WithStore, city: City) -> list[Candidate]:
    return candidates_of(city, list_containers(connection, city.id), list_kinds(connection, city.id))


def _attributes_by_type(candidates: list[Candidate]) -> dict[str, dict[str, str]]:
    """Of each type the attributes that some entity has, with what kind of attribute each is."""
    found: dict[str, dict[str, str]] = {}
    for entity in (each.make() for each in candidates):
        kinds = found.setdefault(entity["type"], {})
        kinds.update((name, each["type"]) for name, each in entity.items() if name not in PLAIN)
    return found


def _type_id(name: str) -> str:
    return f"urn:ngsi-ld:EntityType:{name}"


def _neighbours(asked: Asked, count: int) -> list[tuple[str, int]]:
    before = [("prev", max(asked.offset - asked.limit, 0))] if asked.offset and asked.limit else []
    after = [("next", asked.offset + asked.limit)] if asked.limit and asked.offset + asked.limit < count else []
    return before + after


def _media(request: Request) -> str:
    """JSON with the context in a header, or JSON-LD with it in the body.

    Raises:
        NotAcceptable: neither is asked for.
    """
    wanted = {each.partition(";")[0].strip() for each in request.headers.get("accept", "*/*").split(",")}
    if JSON_LD in wanted:
        return JSON_LD
    if JSON in wanted or wanted & ANY:
        return JSON
    raise NotAcceptable(f"{JSON} and {JSON_LD} are spoken here")


def _answer(request: Request, city: City, media: str, told: Any) -> Response:
    context = f"{request.url.scheme}://{request.url.netloc}{PATH}"
    headers = {"Cache-Control": "private, no-cache", "NGSILD-Tenant": city.id, "Vary": "Accept, Authorization"}
    if media == JSON:
        headers["Link"] = f'<{context}>; rel="http://www.w3.org/ns/json-ld#context"; type="{JSON_LD}"'
    else:
        both = {"@context": [context, CORE]}
        told = [each | both for each in told] if isinstance(told, list) else told | both
    return JSONResponse(told, headers=headers, media_type=media)
