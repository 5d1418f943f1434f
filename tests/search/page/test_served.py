import asyncio

from teachtext.search.page.served import ServedModels
from tests.support.serving import FakeSearcher, served_clip


def test_a_clip_is_known_if_one_model_knows_it():
    served = ServedModels(
        [FakeSearcher("x", [served_clip("a")]), FakeSearcher("y", [served_clip("b")])]
    )
    assert served.clip("b") == served_clip("b")
    assert served.clip("c") is None
    assert [(name, one.model) for name, one in served.models.items()] == [("x", "x"), ("y", "y")]


def test_splits_of_all_models():
    served = ServedModels(
        [
            FakeSearcher("x", [served_clip("a", split="val"), served_clip("c", split="none")]),
            FakeSearcher("y", [served_clip("b", split="test")]),
        ]
    )
    assert served.splits == ["none", "test", "val"]


def test_an_answer_comes_with_its_milliseconds():
    answer, milliseconds = asyncio.run(ServedModels([]).ask(lambda: 42))
    assert answer == 42
    assert 0 <= milliseconds < 100
