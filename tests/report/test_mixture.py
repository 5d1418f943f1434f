import pytest

from teachtext.evaluation.records import Found
from teachtext.report.mixture import decide


def found(own, rival, rival_id="other"):
    experts = ("audio", "ocr", "speech")
    return Found(
        query_id="q",
        caption="a dog",
        video_id="own",
        rank=0.0,
        top=("own",),
        similarities=(0.5,),
        weights=dict.fromkeys(experts, 1 / 3),
        own_parts=dict(zip(experts, own, strict=True)),
        rival=rival_id,
        rival_parts=dict(zip(experts, rival, strict=True)),
    )


@pytest.mark.parametrize(
    ("own", "rival", "ahead", "order"),
    [
        ([0.1, 0.4, 0.1], [0.1, 0.1, 0.2], True, ["ocr", "audio", "speech"]),
        ([0.1, 0.1, 0.2], [0.1, 0.4, 0.1], False, ["ocr", "audio", "speech"]),
        ([0.5, 0.0, 0.0], [0.0, 0.2, 0.4], False, ["speech", "ocr", "audio"]),
    ],
)
def test_who_did_most_for_the_one_ahead_decided(own, rival, ahead, order):
    decision = decide(found(own, rival))
    assert decision.own_ahead is ahead
    assert [share.expert for share in decision.shares] == order
    assert decision.expert == order[0]


def test_equal_parts_decide_nothing():
    assert decide(found([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])).expert is None


def test_without_a_rival_there_is_no_decision():
    assert decide(found([0.1, 0, 0], [0.1, 0, 0], rival_id="own")) is None
