"""What the columns of a town hall's list are: under French, English, Spanish or Portuguese names, with units or not."""

import re
from dataclasses import dataclass
from typing import Literal

from services.city.latin import plain_letters

type Role = Literal["name", "lon", "lat", "litres", "count", "both", "projected"]
"""`both`: a whole position in one column. `projected`: metres of a projection."""
type Unit = Literal["l", "m3", "unclear"]

SPELLINGS: dict[str, tuple[str, ...]] = {
    "name": ("name", "nom", "nombre", "nome", "label", "libelle", "lieu", "location", "site"),
    "lon": ("lon", "long", "lng", "longitude", "longitud", "x"),
    "lat": ("lat", "latitude", "latitud", "y"),
    "litres": ("litres", "liters", "litros", "capacity", "capacite", "capacidad", "capacidade", "volume", "volumen"),
}
"""The names that are proposed where a column is missing, small letters without accents. More are read."""

ASIDE = re.compile(r"[(\[{]([^)\]}]*)[)\]}]?")
CUBIC_METRES = re.compile(r"\b(cubic met(re|er)s?|met(re|er)s? cubes?|metros? cubicos?|m\s3|cbm)\b")
WORD = re.compile(r"[a-z]+[0-9]*|[0-9]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLERS = _words(
    "en em in per par por de des du d la le les el los las do da dos das del of the a o wgs84 wgs 84 epsg 4326"
    " deg degre degres degree degrees grados graus decimal decimale decimales decimaux decimals dd"
)
LITRES = _words("l lt lts ltr litre litres liter liters litro litros")
VOLUMES = _words("capacity capacite capacidad capacidade volume volumen vol contenance litrage litraje litragem")
SIZES = _words("size taille tamano tamanho")
LONGITUDES = _words("lon long lng longitude longitud x xcoord coordx")
LATITUDES = _words("lat latitude latitud y ycoord coordy")
COORDINATES = _words(
    "coord coords coordonnee coordonnees coordinate coordinates coordenada coordenadas position point gps"
)
WHOLE_POSITIONS = (
    _words(
        "geom geometry geometrie geo geopoint point 2d wkt latlon latlng lonlat position posicion posicao localisation"
    )
    | COORDINATES
)
COMPASS = _words("n s e w est ouest nord sud east west north south este oeste norte sur leste sul")
PROJECTIONS = _words("utm utmx utmy easting eastings northing northings lambert lambert93 l93") | COMPASS

CONTAINERS = _words(
    "bac bacs conteneur conteneurs container containers bin bins skip skips benne bennes contenedor contenedores"
    " contentor contentores recipient recipients poubelle poubelles"
)
QUALITIES = _words("unitaire unit utile util nominal nominale max maximum estime estimee approx")
FRENCH_CONTAINERS = _words("bac bacs conteneur conteneurs benne bennes poubelle poubelles")
PLURALS = _words("bacs conteneurs containers bins skips bennes contenedores contentores recipients poubelles")
NUMBERS_OF = _words("nb nbr nbre qte qty quantite quantity count cantidad quantidade qtd qtde")
NUMBERS = _words("number numero num no n")

NAMES = _words(
    "name nom nombre nome label libelle designation designacion designacao denomination denominacion denominacao"
    " intitule lieu location site"
)
WEAK_NAMES = _words(
    "adresse address direccion endereco lugar ubicacion local localizacao emplacement place punto ponto point"
    " rue street calle rua"
)
PLACES = _words("collecte collection apport recogida coleta recolha") | CONTAINERS | NAMES | WEAK_NAMES


@dataclass(frozen=True)
class Heading:
    """What a column's name says of it."""

    role: Role | None
    unit: Unit | None = None
    is_weak: bool = False
    """True: taken only where no other column has this role (an address is a name where there is none)."""


def heading_of(text: str) -> Heading:
    """What a column is by its name; no role where it is none that is known."""
    plain = CUBIC_METRES.sub(" m3 ", plain_letters(text).lower())
    aside = " ".join(ASIDE.findall(plain))
    main = set(WORD.findall(ASIDE.sub(" ", plain)))
    unit = _unit(main, set(WORD.findall(aside)))
    words = main - FILLERS - LITRES - {"m3"}
    role = _role(words, has_unit=unit is not None)
    return Heading(role, unit if role == "litres" else None, _is_weak(words, role))


def _role(words: set[str], *, has_unit: bool) -> Role | None:
    if words & PROJECTIONS and not words & (LONGITUDES | LATITUDES) - {"x", "y"}:
        return "projected" if words <= PROJECTIONS | COORDINATES | {"x", "y", "m"} else None
    if _is_count(words):
        return "count"
    return _volume_role(words, has_unit=has_unit) or _place_role(words)


def _is_count(words: set[str]) -> bool:
    """Whether a column holds how many containers stand at a place. "Nombre": French for number, Spanish for name."""
    if "nombre" in words:
        return bool(words & FRENCH_CONTAINERS)
    if words & NUMBERS_OF:
        return words <= NUMBERS_OF | PLACES
    return bool(words & PLURALS) and words <= PLURALS | NUMBERS


def _place_role(words: set[str]) -> Role | None:
    directions = words - COORDINATES - COMPASS
    if directions and directions <= LONGITUDES:
        return "lon"
    if directions and directions <= LATITUDES:
        return "lat"
    if (words & LONGITUDES and words & LATITUDES) or (words and words <= WHOLE_POSITIONS and words != {"point"}):
        return "both"
    is_name = words & NAMES or (words & (WEAK_NAMES | CONTAINERS) and not words & PLURALS)
    return "name" if is_name and words <= PLACES else None


def _volume_role(words: set[str], *, has_unit: bool) -> Role | None:
    named = words - CONTAINERS - QUALITIES
    if named and named <= VOLUMES:
        return "litres"
    return "litres" if has_unit and named <= SIZES else None


def _is_weak(words: set[str], role: Role | None) -> bool:
    return role == "name" and (not words & NAMES or words == {"nombre"})


def _unit(main: set[str], aside: set[str]) -> Unit | None:
    """The unit that the name itself tells; else the one beside it, in brackets."""
    for words in (main, aside):
        units: list[Unit] = [unit for unit, known in (("l", LITRES), ("m3", {"m3"})) if words & known]  # type: ignore[misc]
        if units:
            return units[0] if len(units) == 1 else "unclear"
    return None
