from hypothesis import given
from hypothesis import strategies as st

from teachtext.video.sampling import indices_among, sample_times, union_times

rates = st.sampled_from([0.1, 0.5, 1.0, 2.0, 6.0, 25.0, 29.97])
durations = st.floats(0.01, 100)


def test_moments_by_hand():
    assert sample_times(1.0, 2).tolist() == [0, 0.5]
    assert sample_times(0.04, 2).tolist() == [0]
    times = union_times(1.0, [2, 4])
    assert times.tolist() == [0, 0.25, 0.5, 0.75]
    assert indices_among(times, sample_times(1.0, 2)).tolist() == [0, 2]


def test_lost_moments_are_left_out():
    times = union_times(1.0, [4])
    assert indices_among(times[:2], sample_times(1.0, 2)).tolist() == [0]
    assert indices_among(times[[0, 1, 3]], sample_times(1.0, 2)).tolist() == [0]
    assert indices_among(times[:0], sample_times(1.0, 2)).tolist() == []


@given(durations, st.lists(rates, min_size=1, max_size=4))
def test_every_rate_finds_its_moments_in_the_union(duration, wanted):
    times = union_times(duration, wanted)
    assert (times[1:] > times[:-1]).all()
    assert times[0] == 0
    assert times[-1] < duration or len(times) == 1
    for fps in wanted:
        assert len(indices_among(times, sample_times(duration, fps))) == len(
            sample_times(duration, fps)
        )
