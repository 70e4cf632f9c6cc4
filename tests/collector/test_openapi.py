"""The API's description is what the route table says, is committed as it is, and holds against the running server."""

import json
from pathlib import Path

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from collector import openapi
from collector.batch import CONTENT_TYPE
from collector.routes import JSON, ROUTES
from tests.support.collectors import Clock, Site, served, unix_now_us

COMMITTED = Path(__file__).parents[2] / "docs" / "schema" / "openapi.json"
EXAMPLES = 12
HELD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_the_committed_description_is_fresh():
    """`python -m collector.openapi > docs/schema/openapi.json` would change nothing."""
    same = openapi.document() == COMMITTED.read_bytes()
    assert same


def test_every_route_is_described_once():
    """Each row of the table is one operation, with a summary and a schema for what it answers."""
    described = openapi.description()["paths"]
    operations = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert {(route.method, route.path) for route in ROUTES} == operations
    for methods in described.values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["responses"]["200"]["content"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real collector as a process."""
    root = tmp_path_factory.mktemp("openapi")
    with served(Site.make(root, clock=Clock(unix_now_us())), root / "log") as server:
        yield server


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_the_server_does_what_the_description_says(server, route):
    """Whatever schemathesis makes of the schema, good or bad, is answered with a status, a content type and a body that
    the description names, and never by an error of the server's own.
    """
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    tried(server, schema[route.path][route.method])


def test_the_server_does_what_the_description_says_of_batches(server):
    """The same of a body of many lines (NDJSON), good and bad: answered by a line for each, of the schema of an answer."""
    described = openapi.description()
    described["servers"] = [{"url": server.url}]
    (route,) = (route for route in ROUTES if route.lines)
    content = described["paths"][route.path][route.method.lower()]["requestBody"]["content"]
    del content[JSON]
    schema = schemathesis.openapi.from_dict(described)
    assert {200} <= tried(server, schema[route.path][route.method])


@schemathesis.serializer(CONTENT_TYPE)
def lines(_context, value):
    """A batch as it travels: each document of the array in a line."""
    if not isinstance(value, list):
        return json.dumps(value).encode()
    return b"\n".join(json.dumps(one).encode() for one in value)


@schemathesis.deserializer(CONTENT_TYPE)
def of_lines(_context, response):
    """The answers to a batch as an array."""
    return [json.loads(line) for line in response.content.splitlines()]


def tried(server, operation):
    """Try an operation with what its schema makes; the statuses that came."""
    statuses = set()
    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    @settings
    @hypothesis.given(case=operation.as_strategy())
    def holds(case):
        # Sent by requests itself: schemathesis's own way looks into urllib3, which another package may stand in for.
        words = case.as_transport_kwargs(base_url=server.url)
        with requests.Session() as session:
            response = session.request(**words)
        statuses.add(response.status_code)
        case.validate_response(Response.from_requests(response, verify=False), checks=HELD)

    holds()
    return statuses
