import pytest

from teachtext.report.denoised import build_reviews, describe_decision
from teachtext.store.tables import read_table
from teachtext.video.manifest import manifest_records


@pytest.fixture
def review(corpus):
    first, second, _ = manifest_records(read_table(corpus.manifest))
    videos = {"first": first, "second": second}
    (built,) = build_reviews([corpus.review(first="second")], videos)
    return built


def test_captions_stay_in_the_order_of_the_table(review, corpus):
    assert review.captions == "clean"
    assert [worst.caption_id for worst in review.worst] == list(corpus.captions)
    assert [worst.rank for worst in review.worst] == [100, 99, 98, 97, 96, 95]


def test_a_caption_has_a_picture_of_its_video_and_of_what_ranked_first(review):
    worst = review.worst[0]
    assert (worst.own.video_id, worst.own.similarity) == ("first", 0.25)
    assert (worst.first.video_id, worst.first.similarity) == ("second", 0.5)
    assert worst.own.thumbnail.uri.startswith("data:image/jpeg")
    assert worst.first_caption == "somebody shows second"


def test_where_the_own_video_ranks_first_there_is_no_other(review):
    assert [worst.first is None for worst in review.worst] == [False] * 2 + [True] * 2 + [False] * 2


def test_a_video_that_the_manifest_lacks_has_no_picture(review):
    missing = review.worst[-1].own.thumbnail
    assert (missing.uri, missing.reason) == ("", "not in the manifest")


@pytest.mark.parametrize(
    ("kept", "decision"), [(0, "dropped"), (3, "kept"), (2, "kept by 2 of 3 seeds")]
)
def test_the_decision_of_several_seeds(kept, decision):
    assert describe_decision(kept, 3) == decision


def test_no_denoised_set_has_no_review():
    assert build_reviews([], {}) == []
