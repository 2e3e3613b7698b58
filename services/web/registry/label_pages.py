"""Labels with codes to print, for containers and for trucks: sheets of A4 as a PDF."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from services.reports.label_pdf import PdfLabel, pdf_of
from services.reports.store import list_places
from services.web.figures import store as shared
from services.web.registry.store import LABELS_IN_A_FILE
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.guards import OfficeSession, SessionCity

router = APIRouter(include_in_schema=False)


@router.get("/registre/etiquettes/{slug}.pdf")
def labels_pdf(
    request: Request,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    slug: Literal["bacs", "camions"],
    secteur: Annotated[str, Query(max_length=64)] = "",
    partie: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    """`partie`: the first, second, ... four hundred labels. Codes lead to this server, by the name it was asked by."""
    address = (
        f"{'https' if deps.over_https else request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
    )
    texts = get_page(request).texts_for(request)
    if slug == "camions":
        labels = [
            PdfLabel(
                f"{address}/chauffeur?camion={quote(truck.id)}", texts("registry.label.truck"),
                texts("registry.label.truck_other"), truck.id, [city.name],
            )
            for truck in shared.list_trucks(connection, city.id)
        ]  # fmt: skip
    else:
        zones = {zone["zone_id"]: zone["name"] for zone in shared.list_zones(connection, city.id)}
        places = [
            place for place in list_places(connection, city.id) if not secteur or place.zone == zones.get(secteur)
        ]
        labels = [
            PdfLabel(
                f"{address}/signaler/{quote(city.id)}/{quote(place.id)}", "Plein ? Cassé ? Scannez.",
                "Full? Broken? Scan.", place.id, [place.name],
            )
            for place in places
        ]  # fmt: skip
    some = labels[(partie - 1) * LABELS_IN_A_FILE : partie * LABELS_IN_A_FILE]
    if not some:
        raise NotFound
    name = f"{city.id}-{slug}{'-' + secteur if secteur else ''}{f'-{partie}' if partie > 1 else ''}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(
        pdf_of(some, f"{city.name} · {some[0].number} – {some[-1].number}"), 200, headers, "application/pdf"
    )
