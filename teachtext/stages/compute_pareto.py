"""Tabulate what each level of a pruning is worth and costs, and what lies on the Pareto front."""

import argparse
import json
import logging

from teachtext.evaluation.records import read_evaluation
from teachtext.experts.ledger import seconds_of_experts
from teachtext.pruning.pareto import pareto_table
from teachtext.store.tables import read_table, write_table
from teachtext.store.versions import MADE_BY, stamp

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the stage."""
    evaluations = [read_evaluation(path) for path in args.evaluations]
    table = pareto_table(evaluations, seconds_of_experts(read_table(args.ledger)))
    runs = json.dumps([one.facts for one in evaluations])
    made = {MADE_BY: stamp("compute_pareto"), "search": args.search, "runs": runs}
    write_table(args.output, table, made)
    log.info("%d of %d rows are on the front", sum(table["on_front"].to_pylist()), table.num_rows)
