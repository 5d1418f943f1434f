"""The whole workflow on a dozen rendered clips, undisturbed; one file is no video at all."""

import csv
import json
import re

import pyarrow.parquet as pq

from tests.support.running import snakemake, teachtext


def test_the_run_ends_at_a_report(tiny_run):
    page = (tiny_run / "results/report/index.html").read_text()
    assert "appearance-teachvideo" in page
    assert "<script>torn" not in page


def test_snakemakes_own_report_has_the_page_the_metrics_and_the_review(tiny_run):
    output = tiny_run / "snakemake.html"
    written = snakemake(tiny_run, "--report", str(output))
    assert written.returncode == 0, written.stdout + written.stderr
    page = output.read_text()
    for name in ("report/index.html", "evaluate/teachtext/0.json", "denoise/clean/review.parquet"):
        assert f"results/{name}" in page
    for category in ("Report", "Evaluation", "Denoising"):
        assert f'"{category}"' in page
    assert "The whole run on one page" in page
    assert not re.search(r'(src|href)="https?://[^"]*\.(js|css)"', page)


def test_every_model_is_evaluated_on_test(tiny_run):
    results = [
        json.loads(path.read_text()) for path in (tiny_run / "results/evaluate").glob("*/0.json")
    ]
    assert len(results) == 8
    assert {result["test"]["t2v"]["gallery"] for result in results} == {4}
    assert all(result["test"]["t2v"]["queries"] == 20 for result in results)
    normalized = [result["test_normalized"] for result in results]
    assert all(set(found["qb-norm"]) == {"t2v"} for found in normalized)
    assert all(found["dual-softmax"]["v2t"]["queries"] == 4 for found in normalized)


def test_one_bad_video_is_a_row_of_the_ledger(tiny_run):
    rows = pq.read_table(tiny_run / "results/experts/ledger.parquet").to_pylist()
    failed = [row for row in rows if row["status"] == "failed"]
    assert {row["video_id"] for row in failed} == {"it's $(torn)"}
    assert len(failed) == 5
    assert "not a readable video" in failed[0]["reason"]


def test_nothing_is_left_to_do(tiny_run):
    again = snakemake(tiny_run)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_temporary_media_and_work_folders_are_gone(tiny_run):
    assert not list((tiny_run / "results/video/media").glob("*"))
    assert not list((tiny_run / "results").rglob("*.pixels"))
    assert not list((tiny_run / "results").rglob("*.npz"))


def test_failures_are_listed_in_a_file_and_by_command(tiny_run):
    rows = list(csv.DictReader((tiny_run / "results/experts/failures.csv").open(newline="")))
    assert {row["video_id"] for row in rows} == {"it's $(torn)"}
    listed = teachtext(tiny_run, "list-failures")
    assert "not a readable video" in listed
    assert "1 videos failed" in listed
