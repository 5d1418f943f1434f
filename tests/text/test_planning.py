from teachtext.config.text import TextEncoderSettings
from teachtext.text.planning import time_encoder


def test_a_few_captions_tell_seconds_and_lengths():
    settings = TextEncoderSettings(encoder="glove", max_tokens=4)
    cost = time_encoder(settings, ["a dog", "a dog that barks at a train"])
    assert list(cost.tokens) == [2, 4]
    assert cost.dim == 50
    assert cost.seconds > 0
    assert cost.start_seconds > cost.seconds
    assert cost.peak_bytes > 0
