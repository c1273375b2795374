"""Rounds over the interface: the proposal from the database, decisions, placements, conflicts."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geo_service.auth.models import Role
from geo_service.db import Database
from geo_service.errors import Conflict
from geo_service.matching.decisions import Wish, confirm
from geo_service.matching.models import MatchDecision
from geo_service.matching.service import read_round
from geo_service.settings import Settings
from tests.matching.api import DEMO, add, add_premises, add_round, add_winner, headers_of, scalar
from tests.matching.conftest import Served

MANAGER = headers_of("vacancy_manager")
PROPOSAL = "/api/rounds/demo-2026/proposal?as_of=2026-07-01"


def proposal(served: Served, path: str = PROPOSAL) -> dict[str, Any]:
    answer = served.client.get(path, headers=MANAGER)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


def chosen(body: dict[str, Any]) -> dict[str, str]:
    return {pair["winner"]["name"]: pair["premises"]["premises_key"] for pair in body["pairs"]}


def post(served: Served, path: str, **body: Any) -> Any:
    return served.client.post(f"/api/rounds/demo-2026/{path}", json=body, headers=MANAGER)


def decide(served: Served, winner: str, premises: str, kind: str) -> Any:
    ids = served.ids
    return post(
        served,
        "decisions",
        winner_id=ids[winner],
        premises_id=ids[premises],
        kind=kind,
        reason="weil es passt",
    )


def place(served: Served, winner: str, premises: str, move_in: str = "2026-09-01") -> Any:
    ids = served.ids
    return post(
        served,
        "placements",
        winner_id=ids[winner],
        premises_id=ids[premises],
        move_in=move_in,
        reason="Vertrag liegt vor",
    )


ROUTES = [
    ("GET", "/api/rounds"),
    ("GET", PROPOSAL),
    ("POST", "/api/rounds/demo-2026/decisions"),
    ("POST", "/api/rounds/demo-2026/decisions/1/revocation"),
    ("POST", "/api/rounds/demo-2026/placements"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_vacancy_managers_and_admins_come_in(served: Served, method: str, path: str) -> None:
    assert served.client.request(method, path).status_code == 401
    for role in Role:
        status = served.client.request(method, path, headers=headers_of(role.value)).status_code
        assert (status == 403) == (role not in {Role.VACANCY_MANAGER, Role.ADMIN}), role


def test_rounds_are_listed_with_budget_and_counts(served: Served) -> None:
    (found,) = served.client.get("/api/rounds", headers=MANAGER).json()["rounds"]
    assert found["slug"] == "demo-2026"
    assert (found["winners"], found["placed"], found["open"]) == (3, 0, 3)
    assert (found["budget_eur"], found["reserved_eur"], found["left_eur"]) == (30000, 0, 30000)
    assert found["is_demo"] is True


def test_a_round_without_winners_is_listed_too(served: Served) -> None:
    with served.database.begin("test") as connection:
        add_round(connection, "empty", held_on=date(2027, 1, 1))
    assert [item["slug"] for item in served.client.get("/api/rounds", headers=MANAGER).json()["rounds"]] == [
        "empty",
        "demo-2026",
    ]
    body = proposal(served, "/api/rounds/empty/proposal")
    assert (body["pairs"], body["unmatched"], body["matched"]) == ([], [], 0)


def test_proposal_from_the_database(served: Served) -> None:
    body = proposal(served)
    assert chosen(body) == {"Konzept Eins": "P-1", "Konzept Zwei": "P-2"}
    assert body["matched"] == 2
    assert body["score_sum"] == pytest.approx(sum(pair["score"] for pair in body["pairs"]))
    grants = {pair["winner"]["name"]: pair["grant"] for pair in body["pairs"]}
    assert grants["Konzept Eins"]["amount_eur"] == 9600
    assert grants["Konzept Zwei"] == {
        "amount_eur": 15000,
        "months_covered": 10.71,
        "capped": True,
        "parts_eur": [7500, 7500],
    }
    assert body["budget"]["proposed_eur"] == 24600
    assert body["budget"]["exceeded"] is False
    (unmatched,) = body["unmatched"]
    assert (unmatched["winner"]["name"], unmatched["reason"]) == ("Konzept Drei", "none_suitable")
    assert [reason["code"] for reason in unmatched["nearest"]["reasons"]] == [
        "use_not_permitted",
        "free_too_late",
    ]
    for pair in body["pairs"]:
        assert sum(part["share"] for part in pair["parts"]) == pytest.approx(pair["score"], abs=5e-5)


def test_every_pair_that_is_not_proposed_says_why(served: Served) -> None:
    body = proposal(served)
    ids = served.ids
    reasons = {
        (item["winner_id"], item["premises_id"]): [reason["code"] for reason in item["reasons"]]
        for item in body["rejected"]
    }
    assert len(reasons) == 3 * 3 - 2  # P-4 is not vacant and no offer
    assert reasons[ids["one"], ids["dear"]] == ["outside_wanted_area"]
    assert reasons[ids["two"], ids["cheap"]] == ["premises_given_elsewhere", "winner_placed_elsewhere"]
    assert reasons[ids["two"], ids["later"]] == ["free_too_late"]
    sentence = next(
        reason["words"]["de"]
        for item in body["rejected"]
        if (item["winner_id"], item["premises_id"]) == (ids["one"], ids["dear"])
        for reason in item["reasons"]
    )
    assert sentence == "Liegt in Brackel, gesucht wird in: Hörde."
    assert proposal(served, PROPOSAL + "&rejected=false")["rejected"] == []


def test_round_by_id_and_unknown_rounds(served: Served) -> None:
    assert proposal(served, f"/api/rounds/{served.ids['round']}/proposal")["round"]["slug"] == "demo-2026"
    for name in ("nowhere", "999", "99999999999999999999", "²"):
        answer = served.client.get(f"/api/rounds/{name}/proposal", headers=MANAGER)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["as_of=gestern", "as_of=1850-01-01", "unknown=1"])
def test_bad_questions_are_refused(served: Served, query: str) -> None:
    answer = served.client.get(f"/api/rounds/demo-2026/proposal?{query}", headers=MANAGER)
    assert answer.status_code == 422


def test_wished_days_that_have_passed_count_as_today(served: Served) -> None:
    body = proposal(served, "/api/rounds/demo-2026/proposal?as_of=2027-03-01")
    assert {pair["winner"]["wanted_from"] for pair in body["pairs"]} == {"2027-03-01"}
    assert body["matched"] == 2


def test_a_temporary_use_holds_the_premises(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(
            text(
                "UPDATE vacancies SET status = 'temporary_use', temporary_use_until = '2026-09-01' "
                "WHERE premises_id = :id"
            ),
            {"id": served.ids["cheap"]},
        )
    item = next(i for i in proposal(served)["rejected"] if i["premises_id"] == served.ids["cheap"])
    late = [reason for reason in item["reasons"] if reason["code"] == "free_too_late"]
    assert [reason["actual"] for reason in late] == ["2026-09-02"]


def test_pin_forbid_lock_and_revoke(served: Served) -> None:
    pinned = decide(served, "two", "cheap", "pinned")
    assert pinned.status_code == 201
    assert pinned.json()["actor"] == "demo.vacancy_manager"
    assert pinned.json()["reason"] == "weil es passt"
    body = proposal(served)
    assert chosen(body) == {"Konzept Zwei": "P-1"}
    assert [item["kind"] for item in body["decisions"]] == ["pinned"]

    assert decide(served, "two", "cheap", "forbidden").status_code == 201  # replaces the pin
    body = proposal(served)
    assert chosen(body) == {"Konzept Eins": "P-1", "Konzept Zwei": "P-2"}
    assert [item["kind"] for item in body["decisions"]] == ["forbidden"]

    decision_id = body["decisions"][0]["id"]
    revoked = post(served, f"decisions/{decision_id}/revocation", reason="Irrtum")
    assert revoked.status_code == 204
    assert proposal(served)["decisions"] == []
    again = post(served, f"decisions/{decision_id}/revocation", reason="Irrtum")
    assert again.status_code == 409
    with served.database.read() as connection:
        rows = connection.execute(
            text("SELECT kind, actor, revoked_by, revoke_reason FROM match_decisions ORDER BY id")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("pinned", "demo.vacancy_manager", "demo.vacancy_manager", "replaced by a new decision"),
        ("forbidden", "demo.vacancy_manager", "demo.vacancy_manager", "Irrtum"),
    ]


def test_a_lock_overrides_facts_and_says_so(served: Served) -> None:
    assert decide(served, "three", "dear", "locked").status_code == 201
    pair = next(p for p in proposal(served)["pairs"] if p["winner"]["name"] == "Konzept Drei")
    assert pair["origin"] == "locked"
    assert pair["cautions"][-1]["en"] == "Use not permitted: crafts; permitted: retail."


def test_contradicting_decisions_are_refused(served: Served) -> None:
    assert decide(served, "one", "cheap", "pinned").status_code == 201
    for winner, premises in (("one", "dear"), ("two", "cheap")):
        answer = decide(served, winner, premises, "locked")
        assert answer.status_code == 409
        assert answer.json()["code"] == "fixed_elsewhere"
    assert decide(served, "two", "cheap", "forbidden").status_code == 201


def test_contradicting_decisions_cannot_exist_even_under_concurrency(served: Served) -> None:
    statement = text(
        "INSERT INTO match_decisions (winner_id, premises_id, kind, reason, actor, source) "
        "VALUES (:winner, :premises, 'pinned', 'why', 'test', 'test')"
    )
    with served.database.begin("test") as connection:
        connection.execute(statement, {"winner": served.ids["one"], "premises": served.ids["cheap"]})
    for winner, premises in (("one", "dear"), ("two", "cheap"), ("one", "cheap")):
        with pytest.raises(IntegrityError), served.database.begin("test") as connection:
            connection.execute(statement, {"winner": served.ids[winner], "premises": served.ids[premises]})


def test_unknown_winners_and_premises(served: Served) -> None:
    unknown = post(
        served, "decisions", winner_id=999, premises_id=served.ids["cheap"], kind="pinned", reason="abc"
    )
    assert unknown.status_code == 404
    unknown = post(
        served, "decisions", winner_id=served.ids["one"], premises_id=999, kind="pinned", reason="abc"
    )
    assert unknown.status_code == 404
    assert post(served, "decisions/999/revocation", reason="abc").status_code == 404
    with served.database.begin("test") as connection:
        other = add_round(connection, "other")
        stranger = add_winner(connection, other, "Fremdes Konzept")
    answer = post(
        served, "decisions", winner_id=stranger, premises_id=served.ids["cheap"], kind="pinned", reason="abc"
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "change", [{"reason": "  "}, {"kind": "liked"}, {"winner_id": 0}, {"extra": 1}, {"premises_id": 2**31}]
)
def test_malformed_decisions_are_refused_by_field(served: Served, change: dict[str, Any]) -> None:
    body = {"winner_id": 1, "premises_id": 1, "kind": "pinned", "reason": "weil", **change}
    answer = post(served, "decisions", **body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{next(iter(change))}"]


# --- placements --------------------------------------------------------------------------------------------


def test_a_placement_ends_the_vacancy_and_reserves_the_grant(served: Served) -> None:
    decide(served, "two", "dear", "pinned")
    answer = place(served, "two", "dear")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["move_in"], body["until"]) == ("2026-09-01", "2027-08-31")
    assert (body["grant_eur"], body["net_rent_eur_month"]) == (15000, 1400)
    assert body["actor"] == "demo.vacancy_manager"
    with served.database.read() as connection:
        ends = scalar(
            connection, "SELECT upper(during) FROM vacancies WHERE premises_id = :id", id=served.ids["dear"]
        )
        open_decisions = scalar(connection, "SELECT count(*) FROM match_decisions WHERE revoked_at IS NULL")
        actor = scalar(
            connection,
            "SELECT actor FROM audit WHERE table_name = 'vacancies' AND action = 'update'",
        )
    assert ends == date(2026, 9, 1)
    assert open_decisions == 0
    assert actor == "demo.vacancy_manager"
    after = proposal(served)
    assert (after["round"]["placed"], after["round"]["reserved_eur"]) == (1, 15000)
    assert [item["winner_id"] for item in after["placements"]] == [served.ids["two"]]
    assert chosen(after) == {"Konzept Eins": "P-1"}
    assert place(served, "two", "cheap").json()["code"] == "winner_placed"


def test_the_same_premises_cannot_be_let_twice(served: Served) -> None:
    assert place(served, "two", "cheap").status_code == 201
    second = place(served, "one", "cheap", "2026-10-01")
    assert second.status_code == 409
    assert second.json()["code"] == "not_vacant"


def test_the_budget_is_kept(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(text("UPDATE contest_rounds SET budget_eur = 24599.99"))
    assert place(served, "two", "dear").status_code == 201
    over = place(served, "one", "cheap")
    assert over.status_code == 409
    assert over.json()["code"] == "budget_exceeded"
    assert (over.json()["grant_eur"], over.json()["left_eur"]) == ("9600.00", "9599.99")
    with served.database.begin("test") as connection:
        still = scalar(
            connection, "SELECT upper(during) FROM vacancies WHERE premises_id = :id", id=served.ids["cheap"]
        )
        assert still is None
        connection.execute(text("UPDATE contest_rounds SET budget_eur = 24600"))
    assert place(served, "one", "cheap").status_code == 201


def test_constraints_hold_unless_locked(served: Served) -> None:
    refused = place(served, "three", "dear")
    assert refused.status_code == 409
    assert refused.json()["code"] == "constraints_failed"
    assert [failure["code"] for failure in refused.json()["failures"]] == ["use_not_permitted"]
    decide(served, "three", "dear", "locked")
    assert place(served, "three", "dear").status_code == 201


def test_decisions_hold_when_confirming(served: Served) -> None:
    decide(served, "two", "dear", "forbidden")
    assert [f["code"] for f in place(served, "two", "dear").json()["failures"]] == ["forbidden"]
    decide(served, "one", "cheap", "pinned")
    assert [f["code"] for f in place(served, "two", "cheap").json()["failures"]] == [
        "premises_fixed_elsewhere"
    ]


def test_double_funding_is_refused_even_when_locked(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(
            text("UPDATE winners SET other_funding = true WHERE id = :id"), {"id": served.ids["two"]}
        )
    decide(served, "two", "dear", "locked")
    assert [f["code"] for f in place(served, "two", "dear").json()["failures"]] == ["double_funding"]


def test_without_a_known_rent_there_is_no_grant(served: Served) -> None:
    with served.database.begin("test") as connection:
        free = add_premises(connection, "P-5", net_rent_eur_month=None)
    served_ids = Served(served.client, served.database, {**served.ids, "free": free})
    decide(served_ids, "two", "free", "locked")
    assert place(served_ids, "two", "free").json()["code"] == "rent_unknown"


@pytest.mark.parametrize(
    ("premises", "move_in"), [("let", "2026-09-01"), ("later", "2026-09-01"), ("later", "2027-01-01")]
)
def test_without_a_vacancy_to_end_nothing_is_placed(served: Served, premises: str, move_in: str) -> None:
    answer = place(served, "two", premises, move_in)
    assert answer.status_code == 409
    assert answer.json()["code"] == "not_vacant"


def test_premises_that_have_left_the_register_are_not_let(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(
            text("UPDATE premises SET valid = daterange(NULL, '2026-08-01') WHERE id = :id"),
            {"id": served.ids["cheap"]},
        )
    answer = place(served, "two", "cheap")
    assert answer.status_code == 409
    assert "no longer in the register" in answer.json()["detail"]


def test_two_confirmations_at_once_one_wins(served: Served) -> None:
    """Two rounds confirm the same premises in open transactions: the second waits and is refused."""
    with served.database.begin("test") as connection:
        other = add_round(connection, "other")
        rival = add_winner(connection, other, "Rivale")
    ids = served.ids
    day = date(2026, 9, 1)

    async def race() -> bool:
        database = Database(Settings(database_url=served.database.url.render_as_string(hide_password=False)))
        first, second = database.write_session(), database.write_session()
        try:
            await confirm(first, "demo-2026", Wish(ids["two"], ids["cheap"], "erste", "a"), day)
            waiting = asyncio.create_task(
                confirm(second, "other", Wish(rival, ids["cheap"], "zweite", "b"), day)
            )
            await asyncio.sleep(0.3)
            blocked = not waiting.done()
            await first.commit()
            with pytest.raises(Conflict, match="not vacant"):
                await waiting
        finally:
            await first.close()
            await second.close()
            await database.dispose()
        return blocked

    assert asyncio.run(race())
    with served.database.read() as connection:
        assert scalar(connection, "SELECT count(*) FROM placements") == 1


def test_two_confirmations_cannot_spend_the_same_money(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(text("UPDATE contest_rounds SET budget_eur = 15000"))
    ids = served.ids
    day = date(2026, 9, 1)

    async def race() -> bool:
        database = Database(Settings(database_url=served.database.url.render_as_string(hide_password=False)))
        first, second = database.write_session(), database.write_session()
        try:
            await confirm(first, "demo-2026", Wish(ids["two"], ids["dear"], "erste", "a"), day)
            waiting = asyncio.create_task(
                confirm(second, "demo-2026", Wish(ids["one"], ids["cheap"], "zweite", "b"), day)
            )
            await asyncio.sleep(0.3)
            blocked = not waiting.done()
            await first.commit()
            with pytest.raises(Conflict, match="exceeds"):
                await waiting
        finally:
            await first.close()
            await second.close()
            await database.dispose()
        return blocked

    assert asyncio.run(race())


def test_pairs_fixed_in_another_round_are_respected(served: Served) -> None:
    with served.database.begin("test") as connection:
        other = add_round(connection, "other")
        rival = add_winner(connection, other, "Rivale")
        add(
            connection,
            MatchDecision,
            winner_id=rival,
            premises_id=served.ids["cheap"],
            kind="locked",
            reason="vereinbart",
            actor="test",
            **DEMO,
        )
    body = proposal(served)
    assert "P-1" not in chosen(body).values()
    assert body["decisions"] == []
    item = next(i for i in body["rejected"] if i["premises_id"] == served.ids["cheap"])
    assert "Das Ladenlokal ist für Rivale festgelegt." in [
        reason["words"]["de"] for reason in item["reasons"]
    ]


def test_weights_of_the_round_count(served: Served) -> None:
    with served.database.begin("test") as connection:
        connection.execute(text("""UPDATE contest_rounds SET weights = '{"rent_room": 1}'"""))
    body = proposal(served)
    assert body["weights"] == {"rent_room": 1}
    assert {part["criterion"] for pair in body["pairs"] for part in pair["parts"]} == {"rent_room"}


def test_the_command_line_reads_the_same(served: Served) -> None:
    with served.database.read() as connection:
        state = read_round(connection, "demo-2026", date(2026, 7, 1))
    body = proposal(served)
    assert state.proposal.worth.matched == body["matched"]
    assert [pair.grant.amount_eur for pair in state.proposal.pairs if pair.grant] == [
        Decimal(9600),
        Decimal(15000),
    ]
