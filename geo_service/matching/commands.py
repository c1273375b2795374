"""``geo match``: the proposal of a contest round as a table or as JSON."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from geo_service.availability.service import today
from geo_service.console import command_database, out, print_json
from geo_service.matching import reasons
from geo_service.matching.answers import proposal_answer
from geo_service.matching.service import RoundState, read_round
from geo_service.wording import euro, number

match_app = typer.Typer(add_completion=False)

RoundName = Annotated[str, typer.Argument(metavar="ROUND", help="Slug or id of the round.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d", "%d.%m.%Y"], help="Day on which it is reckoned."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with every reason.")]


@match_app.command()
def match(round_name: RoundName, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Match the winners of a round to vacant premises; nothing is written."""
    with command_database() as database, database.read() as connection:
        state = read_round(connection, round_name, as_of.date() if as_of else today())
        if as_json:
            print_json(proposal_answer(state).model_dump(mode="json"))
            return
        out.print(
            f"{state.round['name']}, reckoned on {state.as_of.isoformat()}"
            f"{' (demo data)' if state.round['is_demo'] else ''}",
            highlight=False,
            markup=False,
        )
        if state.proposal.pairs:
            out.print(pairs_table(state))
        if state.proposal.unmatched:
            out.print(unmatched_table(state))
        print_summary(state)


def pairs_table(state: RoundState) -> Table:
    """Return the proposed pairs as a table."""
    table = Table("winner", "premises", title="Proposed pairs", title_justify="left")
    for heading in ("rent EUR", "score", "grant EUR", "months"):
        table.add_column(heading, justify="right")
    table.add_column("mind")
    for pair in state.proposal.pairs:
        cautions = " ".join(sentence.en for sentence in reasons.cautions(pair, state.names))
        table.add_row(
            escape(pair.need.name),
            escape(pair.offer.label),
            number(pair.offer.net_rent_eur_month, 2).en,
            f"{pair.score.value:.4f}",
            number(pair.grant.amount_eur if pair.grant else None, 2).en,
            number(pair.grant.months_covered if pair.grant else None, 2).en,
            escape(" ".join(filter(None, [pair.origin if pair.origin != "optimum" else "", cautions]))),
        )
    return table


def unmatched_table(state: RoundState) -> Table:
    """Return the winners who get nothing as a table, with the nearest miss of each."""
    table = Table(
        "winner", "why", "nearest miss", "what is missing", title="Without premises", title_justify="left"
    )
    for item in state.proposal.unmatched:
        near = item.nearest
        missing = (
            " ".join(reasons.explain_failure(failure, state.names).en for failure in near.failures)
            if near
            else ""
        )
        table.add_row(
            escape(item.need.name),
            reasons.UNMATCHED[item.reason].en,
            escape(state.names.premises[near.premises_id]) if near else "",
            escape(missing),
        )
    return table


def print_summary(state: RoundState) -> None:
    """Print what the proposal comes to: placed winners, budget, alternatives, blocking pairs."""
    proposal = state.proposal
    waiting = proposal.worth.matched + len(proposal.unmatched)
    lines = [
        f"{proposal.worth.matched} of {waiting} waiting winners placed; {len(state.placements)} were before.",
        (
            f"Budget {euro(proposal.budget.total_eur).en}, reserved {euro(proposal.budget.reserved_eur).en}, "
            f"proposed {euro(proposal.budget.proposed_eur).en}. {reasons.explain_budget(proposal.budget).en}"
        ),
        f"{len(proposal.alternatives)} alternatives of equal worth, {len(proposal.blocking)} blocking pairs.",
    ]
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
