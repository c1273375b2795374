"""What is refused when a feature is written: ends that contradict, states that are none, in words."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.http_fixtures import SignedIn
from tests.ogc.test_editing import FEATURE, ITEMS, clean, created, planner

__all__ = ["clean", "planner"]
PYTHON = re.compile(
    r"NoneType|\bNone\b|"
    r"\b(dict|str|int|float|bool)\b|Error|Input should|valid |codec|numpy|gufunc|\bTrue\b|\bFalse\b|\{'"
)


@pytest.mark.parametrize("method", ["patch", "put"])
@pytest.mark.parametrize(
    ("days", "until"),
    [
        ({"valid_to": "2026-05-31", "free_from": "2026-06-01"}, "2026-05-31"),
        ({"valid_to": "2026-05-31"}, "2026-05-31"),
        ({"free_from": "2026-06-01"}, "2026-05-31"),
        ({"valid_to": "2026-05-31", "free_from": "2026-04-01"}, "2026-05-31"),  # it stays as it was read
        ({"valid_to": "2026-03-31", "free_from": "2026-06-01"}, "2026-05-31"),
        ({"valid_to": None, "free_from": None}, None),
        ({"valid_to": "2026-05-31", "free_from": "2026-07-01"}, ""),
        ({"valid_to": None, "free_from": "2026-07-01"}, ""),
        ({"valid_to": "2026-05-31", "free_from": None}, ""),
    ],
)
def test_an_end_is_said_once_or_twice_alike(
    planner: httpx.Client,
    method: str, days: dict[str, Any], until: str | None,
) -> None:  # fmt: skip
    address, etag, made = created(planner, valid_to="2026-03-31")
    assert made["properties"]["free_from"] == "2026-04-01"
    body = {**FEATURE, "properties": {**FEATURE["properties"], **days}}
    answer = getattr(planner, method)(address, json=body, headers={"If-Match": etag})
    if until == "":
        assert answer.status_code == 422
        assert [each["parameter"] for each in answer.json()["errors"]] == ["valid_to", "free_from"]
        assert "contradict each other" in answer.json()["detail"]
    else:
        assert answer.status_code == 200, answer.text
        assert answer.json()["properties"]["valid_to"] == until


def test_a_new_feature_has_one_end(planner: httpx.Client) -> None:
    days = {"valid_to": "2026-05-31", "free_from": "2026-07-01"}
    body = {**FEATURE, "properties": {**FEATURE["properties"], **days}}
    assert "contradict each other" in planner.post(ITEMS, json=body).json()["detail"]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("{etag}", 200), ("*", 200), ('"other", {etag}', 200), ('{etag}, W/"b"', 200), (", {etag} ,,", 200),
        ('"a", "b"', 412), ('W/"a"', 412), ("W/{etag}", 412), ('"b", W/{etag}', 412),
        ('"a", *', 400), ("{etag}, *", 400), ("abc", 400), ('"a', 400), ("", 400),
    ],
)  # fmt: skip
def test_states_are_read_as_the_standard_says(planner: httpx.Client, header: str, status: int) -> None:
    address, etag, _ = created(planner)
    change = {"properties": {"title": "neu"}}
    answer = planner.patch(address, json=change, headers={"If-Match": header.format(etag=etag)})
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["parameter"] == "If-Match"
    assert (planner.get(address).json()["properties"]["title"] == "neu") is (status == 200)


def test_states_of_several_headers_count_together(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    headers = [("If-Match", '"a"'), ("If-Match", etag)]
    assert planner.patch(address, json={"properties": {"title": "x"}}, headers=headers).status_code == 200


PLACES: list[Any] = [
    [], {}, 5, "x", True, {"type": "Point"}, {"type": 7}, {"type": "Polygon", "coordinates": [1, 2]},
    {"type": "Point", "coordinates": [None, 1]}, {"type": "Point", "coordinates": [1]},
    {"type": "GeometryCollection", "geometries": None}, {"type": "Circle", "coordinates": [1, 2]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
]  # fmt: skip
VALUES: list[Any] = [{}, {"a": 1}, [1, None], [], True, 5, "", "x"]
WRONG: list[Any] = [
    *({**FEATURE, "geometry": each} for each in PLACES),
    *({**FEATURE, "properties": {**FEATURE["properties"], name: value}}
      for name in ("title", "kind", "valid_from", "reduction_share", "valid_to", "is_demo", "restriction_key")
      for value in VALUES),
    [], 5, None, "x", {"properties": []}, {"properties": {"": None}},
]  # fmt: skip


@pytest.mark.parametrize("body", WRONG, ids=lambda body: json.dumps(body)[-60:])
def test_no_word_of_a_programming_language(planner: httpx.Client, body: Any) -> None:
    answer = planner.post(ITEMS, json=body)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        told = answer.json()
        said = [told["detail"], *(each["message"] for each in told.get("errors", []))]
        for words in said:
            assert not PYTHON.search(words), words


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("restriction_key", {"a": 1}, "Send a text."), ("restriction_key", 5, "Send a text."),
        ("title", ["a"], "Send a text."), ("title", True, "Send a text."), ("valid_from", 2026, "Send a day"),
        ("reduction_share", [1], "Send a number."), ("reduction_share", True, "Send a number."),
    ],
)  # fmt: skip
def test_what_a_field_could_not_hold_is_not_written(
    planner: httpx.Client,
    name: str, value: Any, needed: str,
) -> None:  # fmt: skip
    body = {**FEATURE, "properties": {**FEATURE["properties"], name: value}}
    answer = planner.post(ITEMS, json=body)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == name
    assert fault["message"].startswith(needed)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b"", b'{"a": NaN}', rb'{"a": "\ud800"}'])
def test_a_body_that_is_no_json_is_told_in_words(planner: httpx.Client, content: bytes) -> None:
    answer = planner.post(ITEMS, content=content, headers={"Content-Type": "application/geo+json"})
    assert answer.status_code == 422
    assert not PYTHON.search(answer.json()["detail"])


@pytest.mark.parametrize("key", ["abc", "-1", "99999999999999999999", "1.5", "99999999"])
def test_what_cannot_be_there_is_not_there(planner: httpx.Client, key: str) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = planner.request(method, f"{ITEMS}/{key}", headers={"If-Match": "*"}, json={})
        assert (answer.status_code, answer.json()["parameter"]) == (404, "featureId")
    assert planner.get(f"{ITEMS}/{key}/edit").status_code == 404


def test_a_program_is_told_in_words_what_a_field_needs(signed_in: SignedIn) -> None:
    adviser = signed_in("investor_support")
    wrong: list[Any] = [{"area_m2": "x", "weights": [], "limit": None}, {"use": {}}, [], {"needed_by": "x"}]
    for body in wrong:
        answer = adviser.post("/api/inquiries/rank", json=body)
        assert answer.status_code == 422
        for each in answer.json()["errors"]:
            assert not PYTHON.search(each["message"]), each


def test_the_tag_of_a_compressed_answer_is_another_one_and_names_the_same_state(
    planner: httpx.Client, client: httpx.Client
) -> None:
    address, _, _ = created(planner, note="lang " * 600)
    plain = planner.get(address, headers={"Accept-Encoding": "identity"})
    small = planner.get(address, headers={"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"].startswith('"')
    assert small.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    for read in (plain, small):
        known = {"If-None-Match": f'W/"x", {read.headers["etag"]}', "Accept-Encoding": "gzip"}
        again = planner.get(address, headers=known)
        assert (again.status_code, again.headers["etag"]) == (304, read.headers["etag"])
    assert client.get(address).headers["etag"].startswith('W/"'), "nobody changes anything by it"
    change = {"properties": {"title": "neu"}}
    changed = planner.patch(address, json=change, headers={"If-Match": small.headers["etag"]})
    assert changed.status_code == 200
    late = planner.patch(address, json=change, headers={"If-Match": small.headers["etag"]})
    assert late.status_code == 412


def test_in_other_coordinates_the_tag_is_another_one_and_names_the_same_state(planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    metres = planner.get(f"{address}?crs=http://www.opengis.net/def/crs/EPSG/0/25832").headers["etag"]
    assert metres != etag
    assert planner.get(address, headers={"If-None-Match": metres}).status_code == 200
    change = {"properties": {"title": "neu"}}
    assert planner.patch(address, json=change, headers={"If-Match": metres}).status_code == 200


def test_any_state_is_known_by_a_star(client: httpx.Client, planner: httpx.Client) -> None:
    address, etag, _ = created(planner)
    assert planner.get(address, headers={"If-None-Match": "*"}).status_code == 304
    headers = [("If-None-Match", '"a"'), ("If-None-Match", f"W/{etag}")]
    assert planner.get(address, headers=headers).status_code == 304
    assert client.get(ITEMS, headers={"If-None-Match": '"a", "*"'}).status_code == 200
