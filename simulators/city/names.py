"""Invented names in the manner of the Fon and French of the coast. None of a real city is meant."""

CITY_ID = "ville-lagune"
CITY_NAME = "Ville-Lagune"

DISTRICTS = (
    "Agbodjèdo",
    "Wlakoun",
    "Houédonou",
    "Tokplémè",
    "Sèkandji-Plage",
    "Gbèdoko",
    "Zongo-Pont",
    "Missèvo",
    "Akpawé",
    "Fidjèkomè",
    "Ayimèdji",
    "Kpèlèhoun",
    "Dékanmè",
)

MARKETS = (
    "Grand Marché Ganvihoun",
    "Marché de la Plage",
    "Marché Wlakoun",
    "Marché Agbodjèdo",
    "Marché Missèvo",
    "Marché Fidjèkomè",
    "Marché Ayimèdji",
    "Marché Kpèlèhoun",
    "Marché Dékanmè",
)

AVENUES = {
    "coast": "Boulevard de la Marine",
    "inland": "Avenue de la Concorde",
    "centre": "Avenue des Palmiers",
    "northwest": "Route des Collines",
    "west": "Avenue du Fleuve",
    "ring": "Boulevard Circulaire",
    "east": "Avenue de l'Est",
    "shore": "Corniche de la Lagune",
    "haul": "Route de l'Ouest",
}

BRIDGES = {"coast": "Pont de la Marine", "inland": "Pont de la Concorde"}

LANDMARKS = (
    "école primaire",
    "pharmacie",
    "mosquée",
    "église",
    "carrefour",
    "station-service",
    "centre de santé",
    "terrain de football",
    "borne-fontaine",
    "garage",
    "maquis",
    "boulangerie",
    "place publique",
    "collège",
    "salon de coiffure",
)
