"""Tabulate what each level of a search is worth and costs, and what lies on the Pareto front."""

import argparse
import json
import logging
from pathlib import Path

from teachtext.evaluation.records import read_evaluation
from teachtext.experts.ledger import seconds_of_experts
from teachtext.pareto import pareto_table
from teachtext.store.tables import read_table, write_table
from teachtext.versions import MADE_BY, stamp

log = logging.getLogger(__name__)


def main(argv: list[str]) -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(prog="teachtext compute-pareto", description=__doc__)
    parser.add_argument("--search", required=True, help="name in config.yaml")
    parser.add_argument(
        "--evaluations",
        type=Path,
        nargs="+",
        required=True,
        help="of what each level leaves, all seeds, with teachers and without",
    )
    parser.add_argument("--ledger", type=Path, required=True, help="of index-experts")
    parser.add_argument("--output", type=Path, required=True, help="the table (Parquet)")
    args = parser.parse_args(argv)

    evaluations = [read_evaluation(path) for path in args.evaluations]
    table = pareto_table(evaluations, seconds_of_experts(read_table(args.ledger)))
    runs = json.dumps([one.facts for one in evaluations])
    made = {MADE_BY: stamp("compute_pareto"), "search": args.search, "runs": runs}
    write_table(args.output, table, made)
    log.info("%d of %d rows are on the front", sum(table["on_front"].to_pylist()), table.num_rows)
