"""What there is as open data: a dictionary of columns, and a DCAT catalogue (W3C, version 3) as JSON-LD."""

from collections.abc import Sequence
from typing import Any

from services.city.registry import City
from services.web.public.datasets import DATASETS, LICENCE, Dataset
from services.web.rendering.catalogue import LANGUAGES, texts_in

MEDIA = {"csv": "text/csv", "json": "application/json", "geojson": "application/geo+json"}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
}


def dictionary_of() -> dict[str, Any]:
    """By data set: what it is, and its columns in order."""
    return {"licence": LICENCE, "datasets": {row.name: _dictionary(row) for row in DATASETS.values()}}


def _dictionary(dataset: Dataset) -> dict[str, Any]:
    return {
        "title": _said(f"public.dataset.{dataset.name}"),
        "about": _said(f"public.dataset_about.{dataset.name}"),
        "forms": list(dataset.forms),
        "columns": [
            {
                "name": column.name,
                "kind": column.kind,
                "unit": column.unit or None,
                "meaning": _said(f"public.dictionary.{column.name}"),
            }
            for column in dataset.columns
        ],
    }


def _said(key: str) -> dict[str, str]:
    return {language: texts_in(language)(key) for language in LANGUAGES}


def catalogue_of(cities: Sequence[City], base: str) -> dict[str, Any]:
    """Every data set of every city, each with its distributions. `base` is scheme and host."""
    return {
        "@context": CONTEXT,
        "@id": f"{base}/api/v1/public/catalogue.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _literals("public.catalogue"),
        "dct:license": {"@id": LICENCE},
        "dct:language": list(LANGUAGES),
        "dcat:dataset": [_dataset(city, dataset, base) for city in cities for dataset in DATASETS.values()],
    }


def _dataset(city: City, dataset: Dataset, base: str) -> dict[str, Any]:
    here = f"{base}/donnees?city={city.id}#{dataset.name}"
    return {
        "@id": here,
        "@type": "dcat:Dataset",
        "dct:identifier": f"{city.id}/{dataset.name}",
        "dct:title": _literals(f"public.dataset.{dataset.name}", f"{city.name} · "),
        "dct:description": _literals(f"public.dataset_about.{dataset.name}"),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": city.name},
        "dct:license": {"@id": LICENCE},
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/DAILY"},
        "dcat:landingPage": {"@id": here},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": f"{dataset.name}.{form}",
                "dct:license": {"@id": LICENCE},
                "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{MEDIA[form]}"},
                "dcat:accessURL": {"@id": f"{base}/api/v1/public/{dataset.name}.{form}?city={city.id}"},
                "dcat:downloadURL": {"@id": f"{base}/api/v1/public/{dataset.name}.{form}?city={city.id}"},
            }
            for form in dataset.forms
        ],
    }


def _literals(key: str, prefix: str = "") -> list[dict[str, str]]:
    return [{"@value": prefix + text, "@language": language} for language, text in _said(key).items()]
