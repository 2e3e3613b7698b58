"""The API's page: every operation, with the fields that it takes and answers."""

from services.clock import SystemClock
from services.web.api_docs.description import Operation, subjects_of, with_code
from services.web.app import make_app
from services.web.requests.deps import Deps
from tests.twins.stream import MemoryStream


class NoStore:
    def connection(self) -> None:
        raise AssertionError("the description asks nobody")


APP = make_app(
    Deps(store=NoStore(), stream=MemoryStream(), clock=SystemClock(), session_secret="x" * 32)  # type: ignore[arg-type]
)
OPERATIONS = {
    (operation.method, operation.path): operation
    for subject in subjects_of(APP.openapi())
    for operation in subject.operations
}


def _operation(method: str, path: str) -> Operation:
    return OPERATIONS[method, f"/api/v1{path}"]


def test_every_operation_is_shown_with_a_sentence() -> None:
    """Nothing of the API is left to guess."""
    paths = APP.openapi()["paths"]
    assert OPERATIONS.keys() == {(m.upper(), path) for path, methods in paths.items() for m in methods}
    assert [key for key, operation in OPERATIONS.items() if not operation.detail] == []


def test_fields_of_lists_and_objects_are_laid_out() -> None:
    """A program's author sees what stands in a circuit's visits without reading JSON schema."""
    answers = {answer.status: answer for answer in _operation("GET", "/driver/circuit").answers}
    fields = {row.name: (row.kind, row.required) for row in answers["200"].fields}
    assert fields["visits"] == ("list of object", True)
    assert fields["visits[].confirmed"] == ("done | skipped or null", True)
    assert fields["legs[].manoeuvres[].distance_m"] == ("integer", True)
    assert answers["204"].detail == "nothing sent to this truck"


def test_a_list_as_the_body_is_laid_out_too() -> None:
    """The outbox is a list of reports, not an object."""
    fields = {row.name: (row.kind, row.required) for row in _operation("POST", "/driver/confirmations").body}
    assert fields["[]"] == ("object", True)
    assert fields["[].outcome"] == ("done | skipped", True)
    assert fields["[].reason"][1] is False


def test_parameters_say_where_they_go() -> None:
    """In the path, after the question mark, or as a header."""
    where = {row.name: row.where for row in _operation("POST", "/plan").parameters}
    assert where == {"x-csrf-token": "header"}
    assert {row.name: row.where for row in _operation("GET", "/plans/{plan_id}").parameters} == {"plan_id": "path"}


def test_descriptions_are_text_but_for_their_code() -> None:
    """Markup in a docstring must not become markup on the page."""
    assert with_code("Say `a<b>`.\n\nThen <i>this</i>.") == (
        "<p>Say <code>a&lt;b&gt;</code>.</p><p>Then &lt;i&gt;this&lt;/i&gt;.</p>"
    )
