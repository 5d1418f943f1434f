import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from teachtext.search.inverted import InvertedIndex, build_inverted, choose_probes
from teachtext.search.parts import FlatIndex, Query, parts_of, search_parts


def test_parts_hold_what_counts_alike_in_the_order_it_came():
    counted = np.array([[1, 1], [0, 1], [1, 1], [0, 0], [0, 1]], bool)
    order, parts = parts_of(counted)
    assert order.tolist() == [3, 1, 4, 0, 2]
    assert [(part.counted_M, part.first, part.end) for part in parts] == [
        ((False, False), 0, 1),
        ((False, True), 1, 3),
        ((True, True), 3, 5),
    ]


def test_a_similarity_is_divided_by_the_weights_that_count():
    videos = np.array([[0, 0], [0, 1], [1, 1]], np.float32)  # two experts of width 1
    _, parts = parts_of(videos.astype(bool))
    indexed = [(part, FlatIndex(videos[part.first : part.end])) for part in parts]
    query = Query(np.array([0.75 * 0.5, 0.25 * 1.0], np.float32), np.array([0.75, 0.25]))
    scores, rows = search_parts(query, indexed, 5)
    assert rows.tolist() == [1, 2, 0]
    assert scores.tolist() == [1.0, 0.625, -1.0]


@settings(deadline=None, max_examples=50)
@given(
    counted=arrays.arrays(bool, st.tuples(st.integers(1, 12), st.just(3))),
    seed=st.integers(0, 2**16),
    count=st.integers(1, 14),
    shown=st.data(),
)
def test_parts_together_find_what_comparing_all_finds(counted, seed, count, shown):
    random = np.random.default_rng(seed)
    videos = random.integers(-2, 3, (*counted.shape, 2)) * counted[..., None]
    weights = np.array([0.5, 0.25, 0.25], np.float32)
    vector = (random.integers(-2, 3, (3, 2)) * weights[:, None]).astype(np.float32)
    allowed = shown.draw(st.none() | arrays.arrays(bool, len(counted)))

    shares = counted @ weights
    sums = (videos * vector).sum(axis=(1, 2))
    naive = np.where(shares > 0, sums / np.where(shares > 0, shares, 1), -1.0)

    order, parts = parts_of(counted)
    flat = videos.reshape(len(videos), 6).astype(np.float32)[order]
    indexed = [(part, FlatIndex(flat[part.first : part.end])) for part in parts]
    inside = None if allowed is None else allowed[order]
    scores, rows = search_parts(Query(vector.ravel(), weights), indexed, count, inside)
    found = order[rows]
    permitted = np.flatnonzero(np.ones(len(counted), bool) if allowed is None else allowed)
    assert scores == pytest.approx(np.sort(naive[permitted])[::-1][:count], abs=1e-6)
    assert scores == pytest.approx(naive[found], abs=1e-6)
    assert len(set(found.tolist())) == len(found)
    assert set(found) <= set(permitted)


@pytest.fixture(scope="module")
def clustered():
    """Twenty thousand unit vectors around two hundred directions, and queries beside some."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((200, 32))
    videos = centres[random.integers(0, 200, 20_000)] + 0.7 * random.standard_normal((20_000, 32))
    videos = (videos / np.linalg.norm(videos, axis=1, keepdims=True)).astype(np.float32)
    queries = videos[:50] + 0.1 * random.standard_normal((50, 32)).astype(np.float32)
    return videos, queries, build_inverted(videos, seed=0)


def test_groups_are_probed_until_the_recall_is_reached(clustered):
    videos, queries, index = clustered
    few, low = choose_probes(index, videos, queries, recall=0.3)
    many, high = choose_probes(index, videos, queries, recall=0.95)
    assert few < many < index.nlist
    assert 0.3 <= low < 0.95 <= high
    exact = FlatIndex(videos)
    asked = InvertedIndex(index, videos, probes=many)
    shares = [
        np.isin(exact.search(q, 10, None)[1], asked.search(q, 10, None)[1]).mean() for q in queries
    ]
    assert np.mean(shares) == pytest.approx(high)


def test_where_few_are_allowed_all_of_them_are_compared(clustered):
    videos, queries, index = clustered
    asked = InvertedIndex(index, videos, probes=1)
    allowed = np.arange(len(videos)) % 4000 == 0
    assert sorted(asked.search(queries[0], 10, allowed)[1]) == [0, 4000, 8000, 12_000, 16_000]


def test_what_an_inverted_file_finds_has_exact_similarities_and_is_allowed(clustered):
    videos, queries, index = clustered
    asked = InvertedIndex(index, videos, probes=8)
    allowed = np.arange(len(videos)) % 3 != 1
    products, rows = asked.search(queries[0], 7, allowed)
    assert products == pytest.approx(videos[rows] @ queries[0], abs=1e-6)
    assert list(products) == sorted(products, reverse=True)
    assert len(rows) == 7
    assert (rows % 3 != 1).all()
    assert asked.search(queries[0], 7, np.zeros(len(videos), bool))[1].tolist() == []
