"""Ranking for a requirement: from the form to the kernel and back to what is shown."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from pydantic import ValidationError
from sqlalchemy import RowMapping

from geo_service.auth import Caller
from geo_service.auth.fields import may_see
from geo_service.auth.publication import sees_unpublished
from geo_service.availability.presets import HORIZON_PRESETS
from geo_service.availability.state_queries import STALE_PARCELS
from geo_service.db import ReadSession, fetch_bytes_row
from geo_service.errors import InvalidInput
from geo_service.inquiries import queries, reasons
from geo_service.inquiries.candidate_queries import NO_DAY, PACKED, Preselection, Sight, packed, parcel_uses
from geo_service.inquiries.candidates import KINDS, TOLERANCES, Candidates, Kind, Requirement
from geo_service.inquiries.detail_queries import details
from geo_service.inquiries.models import Inquiry, InquirySubject
from geo_service.inquiries.ranking import rank
from geo_service.inquiries.reasons import Asked
from geo_service.inquiries.results import Describer
from geo_service.inquiries.schemas import (
    HorizonMax,
    Loosened,
    RankAnswer,
    RankForm,
    Words,
)
from geo_service.transit.methods import load_method
from geo_service.wording import Sentence

SLACK = 1e-9
"""Widens the preselection by less than anybody measures, so that rounding never loses a candidate."""


@dataclass(frozen=True, slots=True)
class Question:
    """A requirement as reckoned with.

    Parameters
    ----------
    form
        As it was put.
    asked
        For the kernel, with its words.
    sight
        What the caller may see.
    """

    form: RankForm
    asked: Asked
    sight: Sight


async def rank_for(session: ReadSession, form: RankForm, caller: Caller, today: date) -> RankAnswer:
    """Rank everything in the register for a requirement.

    Parameters
    ----------
    session
        Read session.
    form
        The requirement.
    caller
        Who asks: decides what is ranked, and whether agreed rents count.
    today
        The present day.

    Raises
    ------
    InvalidInput
        When a district or a transit class does not exist.
    """
    question = await _question(session, form, caller, today)
    everything = await _candidates(session, question)
    candidates = await _with_uses(session, everything, question)
    ranking = rank(candidates, question.asked.requirement)
    fitting, almost = ranking.fitting[: form.limit], ranking.almost[: form.limit]
    rows = await _details(session, candidates, np.concatenate([fitting, almost]), question.sight)
    stored = (await session.execute(queries.stored_availability())).one()
    changed = (await session.scalar(STALE_PARCELS)) or 0 if "parcel" in form.kinds else 0
    describe = Describer(question.asked, candidates, ranking, rows)
    return RankAnswer(
        as_of=today,
        availability_as_of=stored.as_of,
        availability_stale=changed,
        transit_method=form.transit_method,
        considered=len(everything),
        fitting_count=len(ranking.fitting),
        almost_count=len(ranking.almost),
        fitting=describe.listed(fitting),
        almost=describe.listed(almost),
        loosened=[Loosened(criterion=name, more=more) for name, more in ranking.missing.items() if more],
        notes=[
            Words(de=note.de, en=note.en)
            for note in _notes(question, changed, has_parcels=stored.as_of is not None)
        ],
    )


def form_of(inquiry: Inquiry, limit: int) -> RankForm:
    """Return the requirement of a stored inquiry.

    Raises
    ------
    InvalidInput
        When it holds something that cannot be ranked for, such as a use that is in no vocabulary.
    """
    land = inquiry.subject == InquirySubject.LAND.value
    values = {
        "kinds": ["plot", "parcel"] if land else ["premises"],
        "area_min_m2": inquiry.area_min_m2 or None,
        "area_max_m2": inquiry.area_max_m2,
        "uses": [inquiry.use],
        "available_by": inquiry.needed_by,
        "horizon_max": None if inquiry.needed_by else inquiry.horizon_max,
        "transit_grade_min": inquiry.transit_grade_min,
        "districts": inquiry.districts,
        "rent_max_eur_month": inquiry.rent_max_eur_month,
        "price_max_eur_per_m2": inquiry.price_max_eur_per_m2,
        "wishes": inquiry.wishes,
        "limit": limit,
    }
    try:
        return RankForm.model_validate(values)
    except ValidationError as error:
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors() if item["loc"])
        raise InvalidInput(f"The inquiry cannot be ranked for; please correct: {wrong}.") from error


def horizon_end(horizon: HorizonMax, today: date) -> date:
    """Return the last day of a horizon by the default preset; of the last one: any known day."""
    preset = HORIZON_PRESETS["default"]
    if horizon == "now":
        return today
    if horizon == "short":
        return preset.short.last_day(today)
    return preset.mid.last_day(today) if horizon == "mid" else date.max


def preselection(requirement: Requirement) -> Preselection:
    """Return the bounds beyond which a candidate can neither fit nor almost fit."""
    low, high, last = requirement.area_min_m2, requirement.area_max_m2, requirement.available_by
    if "area" in requirement.wishes:
        low = high = None
    if "date" in requirement.wishes or (last is not None and last > date(9000, 1, 1)):
        last = None
    tolerance = TOLERANCES["area"] + SLACK
    return Preselection(
        area_min_m2=None if low is None else low * (1 - tolerance),
        area_max_m2=None if high is None else high * (1 + tolerance),
        day_max=None if last is None else last + timedelta(days=TOLERANCES["date_days"]),
    )


async def _question(session: ReadSession, form: RankForm, caller: Caller, today: date) -> Question:
    """Resolve names: districts, transit classes, horizons; and what the caller may see."""
    grades = load_method(form.transit_method).grades
    if form.transit_grade_min and form.transit_grade_min not in grades:
        raise InvalidInput(
            f"The method {form.transit_method} has the classes {', '.join(grades)}.",
            errors=[{"pointer": "/transit_grade_min", "message": "no class of this method"}],
        )
    places = {row.key: row for row in (await session.execute(queries.places())).all()}
    unknown = [index for index, key in enumerate(form.districts) if key not in places]
    if unknown:
        raise InvalidInput(
            "There is no such district or quarter.",
            errors=[{"pointer": f"/districts/{index}", "message": "unknown key"} for index in unknown],
        )
    wanted = [places[key] for key in form.districts]
    available_by = horizon_end(form.horizon_max, today) if form.horizon_max else form.available_by
    requirement = Requirement(
        as_of=today,
        area_min_m2=form.area_min_m2,
        area_max_m2=form.area_max_m2,
        uses=frozenset(form.uses),
        available_by=available_by,
        grade_min=grades.index(form.transit_grade_min) if form.transit_grade_min else None,
        districts=frozenset(row.id for row in wanted if not row.is_quarter),
        quarters=frozenset(row.id for row in wanted if row.is_quarter),
        rent_max_eur_month=None if form.rent_max_eur_month is None else float(form.rent_max_eur_month),
        price_max_eur_per_m2=None if form.price_max_eur_per_m2 is None else float(form.price_max_eur_per_m2),
        wishes=frozenset(form.wishes),
    )
    sight = Sight(
        today=today,
        method=form.transit_method,
        grades=grades,
        public=not sees_unpublished(caller),
        rents=may_see("premises", "net_rent_eur_month", caller),
    )
    return Question(form, Asked(requirement, grades, tuple(row.name for row in wanted)), sight)


async def _candidates(session: ReadSession, question: Question) -> Candidates:
    """Read the candidates of all asked kinds as arrays."""
    bounds = preselection(question.asked.requirement)
    kinds = [kind for kind in KINDS if kind in question.form.kinds]
    columns: dict[str, list[np.ndarray]] = {name: [] for name, _, _ in PACKED}
    sizes = []
    for kind in kinds:
        row = await fetch_bytes_row(session, packed(kind, question.sight, bounds)) or ()
        for (name, form, _), sent in zip(PACKED, row, strict=True):
            columns[name].append(np.frombuffer(sent or b"", dtype=form))
        sizes.append(len(columns["id"][-1]))
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    day = whole["day"].astype(np.int64)
    available_from = day.astype("datetime64[D]")
    available_from[day == NO_DAY] = np.datetime64("NaT")
    return Candidates(
        kind=np.repeat([KINDS.index(kind) for kind in kinds], sizes).astype(np.int8),
        id=whole["id"].astype(np.int64),
        area_m2=whole["area_m2"].astype(np.float64),
        uses=whole["uses"].astype(np.int64),
        available_from=available_from,
        grade=whole["grade"].astype(np.int8),
        district=whole["district"].astype(np.int64),
        quarter=whole["quarter"].astype(np.int64),
        rent_eur_month=whole["rent"].astype(np.float64),
        price_eur_per_m2=whole["price"].astype(np.float64),
    )


async def _with_uses(session: ReadSession, candidates: Candidates, question: Question) -> Candidates:
    """Add the uses of parcels, where uses are asked for.

    The plan's zone of a parcel is dear to find, so it is looked up only for those that fit or almost fit
    without it: asking for a use besides can only take from them.
    """
    requirement = question.asked.requirement
    if not requirement.uses or "parcel" not in question.form.kinds:
        return candidates
    without = rank(candidates, replace(requirement, uses=frozenset()))
    left = candidates.take(np.sort(np.concatenate([without.fitting, without.almost])))
    parcels = np.flatnonzero(left.kind == KINDS.index("parcel"))
    statement = parcel_uses(left.id[parcels].tolist(), question.sight)
    ids, bits = await fetch_bytes_row(session, statement) or (b"", b"")
    known = np.frombuffer(ids or b"", dtype=">i8").astype(np.int64)
    found = np.frombuffer(bits or b"", dtype=">i8").astype(np.int64)
    by_id = dict(zip(known.tolist(), found.tolist(), strict=True))
    uses = left.uses.copy()
    uses[parcels] = [by_id.get(parcel_id, 0) for parcel_id in left.id[parcels].tolist()]
    return replace(left, uses=uses)


async def _details(
    session: ReadSession, candidates: Candidates, positions: np.ndarray, sight: Sight
) -> dict[tuple[Kind, int], RowMapping]:
    """Read what is shown of the best, one statement per kind."""
    rows: dict[tuple[Kind, int], RowMapping] = {}
    for code, kind in enumerate(KINDS):
        ids = candidates.id[positions[candidates.kind[positions] == code]].tolist()
        if ids:
            found = (await session.execute(details(kind, ids, sight))).mappings().all()
            rows |= {(kind, row["id"]): row for row in found}
    return rows


def _notes(question: Question, changed: int, *, has_parcels: bool) -> list[Sentence]:
    """Return what to know about the answer."""
    kinds, asked = question.form.kinds, question.asked.requirement
    notes = []
    if "parcel" in kinds and not has_parcels:
        notes.append(reasons.NO_AVAILABILITY)
    if changed:
        notes.append(reasons.changed_since(changed))
    if "parcel" in kinds and asked.price_max_eur_per_m2 is not None:
        notes.append(reasons.LAND_VALUE)
    if "premises" in kinds and asked.rent_max_eur_month is not None and not question.sight.rents:
        notes.append(reasons.ASKING_RENTS)
    return notes
