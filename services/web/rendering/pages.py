"""Rendering: one Jinja environment, the reader's language, the formats."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.city.registry import City
from services.web.rendering.assets import Assets
from services.web.rendering.catalogue import LANGUAGES, Texts, language_of, texts_in
from services.web.rendering.kept_parts import KeptParts
from services.web.rendering.words import Words

WEB = Path(__file__).parent.parent
TEMPLATES = (WEB / "templates", WEB)
"""What all pages share goes by its name alone, a face's own by its folder: `base.html`, `driver/page.html`."""
LANGUAGE_COOKIE = "tournee_language"


class Page:
    """Turns a template and its values into an answer."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self.parts = KeptParts()
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # which asks the disk about each template at each answer
        )

    def texts_for(self, request: Request) -> Texts:
        """As the reader chose, else as whoever invited them said, else as the browser asks."""
        chosen = request.cookies.get(LANGUAGE_COOKIE) or getattr(request.state, "language", None)
        return texts_in(language_of(chosen, request.headers.get("accept-language")))

    def words_for(self, request: Request, city: City | None) -> Words:
        zone = city.zone_info if city else ZoneInfo("UTC")
        return Words(self.texts_for(request), zone, request.app.state.deps.clock.now().astimezone(zone).date())

    def render(
        self, request: Request, template: str, *, city: City | None = None, status: int = 200, **values: Any
    ) -> HTMLResponse:
        texts = self.texts_for(request)
        html = self._environment.get_template(template).render(
            t=texts,
            w=self.words_for(request, city),
            language=texts.language,
            other_languages=[language for language in LANGUAGES if language != texts.language],
            assets=self.assets,
            static=self.assets.url,
            path=request.url.path,
            city=city,
            **values,
        )
        return HTMLResponse(html, status, headers={"Vary": "Accept-Language, Cookie"})


def get_page(request: Request) -> Page:
    page: Page = request.app.state.page
    return page
