"""The registry over the web: seen whole, changed as versions by the rules of the folder, two at once."""

import json
import re
from contextlib import closing
from uuid import UUID

import pytest

from services.city.store import store_registry
from services.city.versions import list_versions
from services.contracts import topics
from services.contracts.registry import ChangeRegistry
from services.store.connection import connect
from services.web.registry import changing
from tests.support.example_town import example_town
from tests.support.registry_town import AWA, CITY, MAYOR, NOW, Office, form_of, new_id, stored
from tests.support.stored_reports import StoringStream
from tests.support.web_server import Running

FIRST = "/registre/bacs/HOU-001"


def test_every_subject_is_shown_whole_without_scripts(awa: Office) -> None:
    """Each row has a link to its form, each place a point that leads to its row."""
    town = example_town()
    for slug, rows in {
        "bacs": town.containers, "camions": town.trucks, "sites": town.disposal_sites, "depots": town.depots,
        "secteurs": town.zones, "types-de-bacs": town.container_kinds, "types-de-camions": town.truck_classes,
    }.items():  # fmt: skip
        page = awa.client.get(f"/registre/{slug}").text
        for row in rows:
            assert f'href="/registre/{slug}/{row.id}"' in page
    assert awa.client.get("/registre/bacs").text.count('class="dot here"') == len(town.containers)
    assert awa.client.get("/registre/avions").status_code == 422


def test_rows_are_found_by_id_name_street_and_zone_and_in_a_part_of_the_map(awa: Office) -> None:
    town = example_town()
    market = next(container for container in town.containers if "arch" in container.name)

    def found(query: str) -> list[str]:
        return re.findall(r'data-row="([^"]+)"', awa.client.get(f"/registre/bacs?{query}").text)

    assert found(f"cherche={market.id}") == [market.id]
    assert market.id in found("cherche=march")
    assert set(found(f"secteur={market.zone}")) == {c.id for c in town.containers if c.zone == market.zone}
    assert found("cherche=%25") == []
    box = f"{market.lon - 1e-4},{market.lat - 1e-4},{market.lon + 1e-4},{market.lat + 1e-4}"
    assert found(f"cadre={box}") == [market.id]
    assert len(found("cadre=ici")) == len(town.containers)


def test_saved_row_is_a_version_with_its_author_and_reason(awa: Office, database_url: str) -> None:
    """One event, one version; the plan of tomorrow goes by it, and both pages tell who it was."""
    _, before = stored(database_url)
    answer = awa.save("bacs", awa.form(FIRST), **{"c.capacity_l": "7 000", "reason": "Remplacé le 1er mars"})
    assert answer.status_code == 303, answer.text
    registry, version = stored(database_url)
    assert version == before + 1
    assert answer.headers["location"] == f"{FIRST}?enregistre={version}"
    assert registry.containers[0].capacity_l == 7000
    with connect(database_url, name="test") as connection:
        latest = list_versions(connection, CITY)[-1]
    assert (latest.who, latest.reason, latest.loaded_at) == (AWA, "Remplacé le 1er mars", NOW)
    assert latest.counts["containers.csv"].changed == 1
    for page in (awa.client.get(FIRST).text, awa.client.get("/bacs/HOU-001").text):
        assert "Remplacé le 1er mars" in page
        assert "7000" in page


def test_form_that_is_saved_as_it_stands_changes_nothing(awa: Office, database_url: str, stream: StoringStream) -> None:
    _, before = stored(database_url)
    for address in (FIRST, "/registre/camions/RB-1021", "/registre/secteurs/centre", "/registre/sites/decharge"):
        page = awa.client.get(address)
        if page.status_code == 404:
            continue
        slug = address.split("/")[2]
        assert awa.save(slug, form_of(page.text)).status_code == 303
    assert stored(database_url)[1] == before
    assert stream.sent == []


def test_wrong_cell_is_told_beside_it_and_nothing_is_sent(
    awa: Office, database_url: str, stream: StoringStream
) -> None:
    """In the reader's words, with what was typed still there."""
    _, before = stored(database_url)
    answer = awa.save("bacs", awa.form(FIRST), **{"c.lat": "96,4", "c.name": "Devant l'école"})
    assert answer.status_code == 422
    assert "Attendu : un nombre, de −90 à 90" in answer.text
    form = form_of(answer.text)
    assert (form["c.lat"], form["c.name"]) == ("96,4", "Devant l'école")
    assert stored(database_url)[1] == before
    assert stream.sent == []
    answer = awa.save("secteurs", awa.form("/registre/secteurs/centre") | {"action": "remove"})
    assert answer.status_code == 422
    assert "Ce numéro n'est pas dans zones.geojson" in answer.text.replace("&#39;", "'")


def test_doubtful_row_is_taken_once_somebody_is_sure(awa: Office, database_url: str) -> None:
    """A position far outside its zone is most often a slip, and now and then right."""
    answer = awa.save("bacs", awa.form(FIRST), **{"c.lat": "6.99"})
    assert answer.status_code == 422
    assert "hors du contour du secteur" in answer.text
    assert awa.save("bacs", form_of(answer.text)).status_code == 303
    assert stored(database_url)[0].containers[0].lat == 6.99


def test_new_row_comes_last_and_goes_again_with_its_history_kept(awa: Office, database_url: str) -> None:
    form = awa.form("/registre/ajouter/bacs")
    cells = {"c.id": "HOU-900", "c.name": "Neuf", "c.lon": "1.8612", "c.lat": "6.5371", "c.capacity_l": "6000",
             "c.kind": "benne-6000", "c.zone": "centre"}  # fmt: skip
    answer = awa.save("bacs", form, **cells)
    assert answer.status_code == 303, answer.text
    registry, version = stored(database_url)
    assert [container.id for container in registry.containers][-1] == "HOU-900"
    answer = awa.save("bacs", awa.form("/registre/bacs/HOU-900") | {"action": "remove"})
    assert answer.headers["location"] == "/registre/bacs?retire=HOU-900"
    assert stored(database_url) == (example_town(), version + 1)
    page = awa.client.get("/registre/bacs/HOU-900").text
    assert "Cette ligne n'est plus dans le registre" in page.replace("&#39;", "'")
    assert awa.client.get("/registre/bacs/HOU-901").status_code == 404


def test_second_of_two_sees_what_the_first_changed_and_keeps_or_takes(
    awa: Office, kossi: Office, database_url: str
) -> None:
    """Both opened the same row. Nothing of the second is lost, nothing of the first is overwritten unseen."""
    hers, his = awa.form(FIRST), kossi.form(FIRST)
    assert awa.save("bacs", hers, **{"c.capacity_l": "7000", "reason": "Plus grand"}).status_code == 303
    answer = kossi.save("bacs", his, **{"c.name": "Marché, porte nord"})
    assert answer.status_code == 409
    assert "Plus grand" in answer.text
    assert "7000" in answer.text
    assert stored(database_url)[0].containers[0].capacity_l == 7000
    take = {
        name: value.replace("&#39;", "'")
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text)
        if name != "csrf_token" or value
    }
    assert kossi.save("bacs", take | {"csrf_token": kossi.csrf}).status_code == 303
    changed = stored(database_url)[0].containers[0]
    assert (changed.name, changed.capacity_l) == ("Marché, porte nord", example_town().containers[0].capacity_l)


def test_two_who_change_different_rows_do_not_meet(awa: Office, kossi: Office, database_url: str) -> None:
    hers, his = awa.form(FIRST), kossi.form("/registre/bacs/HOU-002")
    assert awa.save("bacs", hers, **{"c.capacity_l": "7000"}).status_code == 303
    assert kossi.save("bacs", his, **{"c.name": "Autre nom"}).status_code == 303
    registry, _ = stored(database_url)
    assert (registry.containers[0].capacity_l, registry.containers[1].name) == (7000, "Autre nom")


def test_change_that_was_overtaken_in_the_stream_is_made_on_the_new_version(
    awa: Office, database_url: str, stream: StoringStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the page's look and the writer's, somebody else was faster with another row: nobody need know."""
    publish, others = changing.publish_all, []

    def overtaken(*args: object) -> None:
        if not others:
            others.append(True)
            town = example_town()
            trucks = (town.trucks[0].model_copy(update={"in_service": False}), *town.trucks[1:])
            with connect(database_url, name="test") as connection:
                store_registry(connection, town.model_copy(update={"trucks": trucks}), who="kossi", now=NOW)
        publish(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(changing, "publish_all", overtaken)
    assert awa.save("bacs", awa.form(FIRST), **{"c.capacity_l": "7000"}).status_code == 303
    registry, _ = stored(database_url)
    assert (registry.containers[0].capacity_l, registry.trucks[0].in_service) == (7000, False)
    with connect(database_url, name="test") as connection:
        outcomes = [row["outcome"] for row in connection.execute(
            "SELECT outcome FROM registry_change WHERE change_id = ANY(%s) ORDER BY base_version",
            ([ChangeRegistry.model_validate_json(value).change_id for _, _, value in stream.sent],),
        )]  # fmt: skip
    assert outcomes == ["overtaken", "stored"]


def test_form_that_is_sent_twice_changes_once(awa: Office, database_url: str) -> None:
    """A second press, or a browser that asks again: the id of the change is the form's."""
    form = awa.form(FIRST) | {"c.capacity_l": "7000"}
    first = awa.save("bacs", form)
    _, version = stored(database_url)
    second = awa.save("bacs", form)
    assert first.headers["location"] == second.headers["location"] == f"{FIRST}?enregistre={version}"
    registry, after = stored(database_url)
    assert (registry.containers[0].capacity_l, after) == (7000, version)


def test_page_says_that_it_waits_while_the_writer_does(
    awa: Office, stream: StoringStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "wait_for", lambda *_: None)
    monkeypatch.setattr("services.web.registry.endpoints.wait_for", lambda *_: None)
    stream.is_late = True
    answer = awa.save("bacs", awa.form(FIRST), **{"c.capacity_l": "7000"})
    assert answer.status_code == 303
    assert "Rien n'est perdu" in awa.client.get(answer.headers["location"]).text.replace("&#39;", "'")


def test_nothing_is_taken_while_kafka_is_away(awa: Office, database_url: str, stream: StoringStream) -> None:
    _, before = stored(database_url)
    stream.away = True
    answer = awa.save("bacs", awa.form(FIRST), **{"c.capacity_l": "7000"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert stored(database_url)[1] == before


def test_municipality_reads_and_changes_nothing(web: Running, database_url: str) -> None:
    office = Office(web, MAYOR)
    with closing(office.client):
        page = office.client.get(FIRST).text
        assert "<fieldset disabled>" in page
        assert "Enregistrer" not in page
        assert office.save("bacs", form_of(page) | {"csrf_token": office.csrf}).status_code == 403
    assert stored(database_url)[0] == example_town()


def test_what_no_page_of_ours_sends_is_refused(awa: Office) -> None:
    assert awa.client.post("/registre/bacs", data={"csrf_token": awa.csrf}).status_code == 422
    stale = awa.form(FIRST) | {"csrf_token": "x"}
    assert awa.save("bacs", stale).status_code == 403


def test_change_that_makes_no_registry_is_refused_by_the_writer_too(database_url: str, stream: StoringStream) -> None:
    """Whoever gets past the page does not get past the rules."""
    _, version = stored(database_url)
    order = ChangeRegistry.model_validate(
        {
            "change_id": new_id(), "city": CITY, "base_version": version, "changed_by": "x", "changed_at": NOW,
            "rows": [{"kind": "container", "id": "HOU-001", "document": {"id": "HOU-001"}}],
        }
    )  # fmt: skip
    stream.send(topics.REGISTRY, CITY.encode(), order.to_bytes())
    with connect(database_url, name="test") as connection:
        row = connection.execute("SELECT outcome, detail FROM registry_change WHERE change_id = %s",
                                 (UUID(order.trace_id),)).fetchone()  # fmt: skip
    assert row is not None
    assert row["outcome"] == "refused"
    assert json.dumps(row["detail"])
    assert stored(database_url)[1] == version


def test_labels_of_containers_and_trucks_are_sheets_of_a4(awa: Office) -> None:
    for slug in ("bacs", "camions"):
        answer = awa.client.get(f"/registre/etiquettes/{slug}.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-1.4")
    assert awa.client.get("/registre/etiquettes/bacs.pdf?partie=2").status_code == 404
