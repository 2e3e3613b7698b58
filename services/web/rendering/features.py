"""GeoJSON: features, collections of them, and the answer that carries one."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic_core import to_json

from services.web.rendering.etags import with_etag

Collection = dict[str, Any]


def geojson_answer(request: Request, collection: Collection, cache: str = "no-cache") -> Response:
    return with_etag(request, to_json(collection), "application/geo+json", cache)


def collection_of(features: list[dict[str, Any]]) -> Collection:
    return {"type": "FeatureCollection", "features": features}


def feature(feature_id: str | int, properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": feature_id, "properties": properties, "geometry": geometry}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}
