"""A district's collection days as a calendar (RFC 5545), as phones and home automation subscribe to it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from services.city.registry import City
from services.web.calendar.days import CollectionDay, Round
from services.web.rendering.catalogue import Texts
from services.web.rendering.words import Words

REFRESH = timedelta(hours=2)
STATUS = {"usual": "TENTATIVE", "confirmed": "CONFIRMED", "cancelled": "CANCELLED"}


def calendar_of(
    city: City,
    zone_name: str,
    round_: Round,
    days: Iterable[CollectionDay],
    loaded_at: datetime,
    texts: Texts,
    words: Words,
) -> bytes:
    """The calendar; the same days give the same bytes, so that it may be kept and compared."""
    stream = stream_name(texts, round_.stream)
    calendar = Calendar()
    calendar.add("prodid", "-//Tournee//Collection days//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    title = texts("calendar.name", stream=stream, zone=zone_name)
    calendar.add("name", title)  # RFC 7986, and below it what was there before
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", city.timezone)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT2H")
    about = _about(city, texts)
    calendar.add("description", about)
    calendar.add("x-wr-caldesc", about)
    for day in days:
        calendar.add_component(_event_of(city, zone_name, round_, day, loaded_at, texts, words, stream))
    return bytes(calendar.to_ical())


def stream_name(texts: Texts, stream: str) -> str:
    """In the reader's words where there are any; a city's own word stays as it is."""
    key = f"calendar.stream.{stream}"
    return texts(key) if texts.has(key) else stream.replace("-", " ").replace("_", " ").capitalize()


def _about(city: City, texts: Texts) -> str:
    promise = texts(
        "calendar.promise",
        n=city.planning.max_days_between_emptyings,
        days=f"{city.planning.max_days_between_emptyings:g}",
    )
    return f"{promise} {texts('trust.simulated_help')}" if city.simulated else promise


def _event_of(
    city: City,
    zone_name: str,
    round_: Round,
    day: CollectionDay,
    loaded_at: datetime,
    texts: Texts,
    words: Words,
    stream: str,
) -> Event:
    """A whole day, which blocks nobody's time. Its id stays the same from `usual` to `confirmed` or `cancelled`."""
    event = Event()
    said_at = (day.said_at or loaded_at).replace(microsecond=0)
    event.add("uid", f"{city.id}.{round_.zone}.{round_.stream}.{day.day.isoformat()}@tournee")
    event.add("dtstamp", said_at)
    event.add("last-modified", said_at)
    event.add("sequence", 0 if day.state == "usual" else 1)
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", texts("calendar.cancelled", stream=stream) if day.state == "cancelled" else stream)
    event.add("location", f"{zone_name}, {city.name}")
    count = words.number(day.containers)
    event.add("description", texts(f"calendar.about.{day.state}", n=day.containers, count=count))
    event.add("categories", [round_.stream])
    event.add("status", STATUS[day.state])
    event.add("transp", "TRANSPARENT")
    return event
