import itertools
import json
import math

import numpy as np
import pytest
from transformers import WhisperForConditionalGeneration, WhisperProcessor

from teachtext.errors import ConfigError
from teachtext.experts.networks.transformers_speech import (
    Segment,
    TransformersSpeech,
    is_unreliable,
    split_at_timestamps,
)
from teachtext.text.encoders.glove import GloVe
from teachtext.video.media import SAMPLE_RATE, Audio
from tests.support.tiny_audio_checkpoints import save_ast, save_whisper, whisper_tokens

IDS = whisper_tokens(2.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def text_encoder():
    return GloVe(max_tokens=30)


@pytest.fixture(scope="module")
def speech(folder, text_encoder):
    return load(folder, text_encoder)


def load(folder, text_encoder, precision="float32"):
    return TransformersSpeech(
        checkpoint=str(folder), text_encoder=text_encoder, precision=precision, device="cpu"
    )


def noise(seconds, seed=0):
    rng = np.random.default_rng(seed)
    return Audio((rng.normal(size=round(seconds * SAMPLE_RATE)) * 0.1).astype(np.float32))


def heard(speech, audio):
    (features,) = speech.extract_batch([audio])
    return features.recognised


@pytest.mark.slow
def test_words_are_those_that_the_library_writes(speech, folder):
    """A random network is no worse than a trained one at being compared with itself."""
    model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    processor = WhisperProcessor.from_pretrained(folder)
    for seed in range(5):
        samples = noise(2.0, seed).samples_S
        inputs = processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        tokens = model.generate(
            inputs.input_features,
            task="transcribe",
            return_timestamps=True,
            force_unique_generate_call=True,
        )
        expected = processor.decode(tokens[0], skip_special_tokens=True)
        written = "".join(piece.text for piece in heard(speech, Audio(samples)))
        assert written
        assert "".join(written.split()) == "".join(expected.split())


@pytest.mark.parametrize("seconds", [0.3, 2.0, 7.3])
def test_times_rise_and_stay_inside_the_clip(speech, seconds):
    pieces = [piece for seed in range(4) for piece in [None, *heard(speech, noise(seconds, seed))]]
    assert len(pieces) > 4
    for previous, piece in itertools.pairwise(pieces):
        if piece is not None:
            assert 0 <= piece.start_seconds <= piece.end_seconds <= seconds
            assert previous is None or previous.start_seconds <= piece.start_seconds
            assert 0 < piece.score <= 1


def test_rows_are_the_words_with_the_times_of_their_segment(speech, text_encoder):
    (features,) = speech.extract_batch([noise(4.0)])
    tokens = text_encoder.encode([piece.text for piece in features.recognised])
    assert np.array_equal(features.features_TD, np.concatenate(tokens))
    ends = [piece.end_seconds for piece in features.recognised]
    assert features.end_seconds_T.tolist() == np.repeat(ends, [len(t) for t in tokens]).tolist()
    assert speech.dim == text_encoder.dim == 50


def test_words_do_not_depend_on_the_batch(speech, monkeypatch):
    videos = [noise(seconds, seed) for seed, seconds in enumerate((3.0, 0.0, 0.7, 5.1))]
    alone = [heard(speech, video) for video in videos]
    monkeypatch.setattr(speech, "batch", 4)
    for features, pieces in zip(speech.extract_batch(videos), alone, strict=True):
        assert [piece.text for piece in features.recognised] == [piece.text for piece in pieces]
        for one, other in zip(features.recognised, pieces, strict=True):
            assert one.start_seconds == other.start_seconds
            assert one.score == pytest.approx(other.score, abs=1e-4)


def test_the_second_window_begins_in_a_pause(speech):
    sound = noise(3.0).samples_S.copy()
    sound[25_000:28_000] = 0  # around 1.66 s
    starts = [window.start_seconds for window in speech.windows([Audio(sound)])]
    assert starts == [0.0, pytest.approx(1.66, abs=0.1)]


@pytest.mark.parametrize("seconds", [0, 0.05, 1, 5])
@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_nothing_is_heard_in_silence(speech, seconds, level):
    (features,) = speech.extract_batch([Audio(noise(seconds).samples_S * np.float32(level))])
    assert features.features_TD.shape == (0, 50)
    assert features.recognised == ()


def test_the_same_sound_gives_the_same_bytes_also_from_disk(speech, tmp_path):
    np.save(tmp_path / "sound.npy", noise(5).samples_S)
    mapped = np.load(tmp_path / "sound.npy", mmap_mode="r")
    first, second = (speech.extract_batch([audio])[0] for audio in (noise(5), Audio(mapped)))
    assert first.features_TD.tobytes() == second.features_TD.tobytes()
    assert first.recognised == second.recognised


def test_half_precision_works(folder, text_encoder):
    (features,) = load(folder, text_encoder, "bfloat16").extract_batch([noise(4)])
    assert features.recognised
    assert features.features_TD.dtype == np.float32


@pytest.mark.parametrize(
    ("tokens", "segments"),
    [
        ("<|0.00|> a b <|0.50|> <|0.50|> c <|1.20|> <|endoftext|>", [(0, 0.5, 2), (0.5, 1.2, 1)]),
        ("<|0.10|> a", [(0.1, math.inf, 1)]),
        ("<|0.10|> a <|0.40|> b", [(0.1, 0.4, 1), (0.4, math.inf, 1)]),
        ("<|0.00|> <|endoftext|> <|endoftext|>", []),
        ("a <|nospeech|> b <|0.20|>", [(0, 0.2, 2)]),
    ],
)
def test_timestamps_divide_what_is_written(tokens, segments):
    ids = [IDS[token] for token in ["<|startoftranscript|>", "<|en|>", *tokens.split()]]
    found = split_at_timestamps(
        ids, [-1.0] * len(ids), end=IDS["<|endoftext|>"], first=IDS["<|0.00|>"]
    )
    assert [(s.start_seconds, s.end_seconds, len(s.tokens)) for s in found] == [
        (pytest.approx(start), pytest.approx(end), words) for start, end, words in segments
    ]


@pytest.mark.parametrize(
    ("text", "logprob", "no_speech", "unreliable"),
    [
        ("we are going to the beach", -0.2, 0.9, False),
        ("we are going to the beach", -1.2, 0.9, True),
        ("we are going to the beach", -1.2, 0.3, False),
        ("thanks for watching " * 20, -0.1, 0.0, True),
    ],
)
def test_whisper_is_not_believed_when_it_doubts_or_repeats_itself(
    text, logprob, no_speech, unreliable
):
    segments = [Segment(0.0, 1.0, (1, 2), (logprob, logprob))]
    assert is_unreliable(text, segments, no_speech) is unreliable


def test_windows_that_are_not_believed_have_no_rows(speech, monkeypatch):
    assert heard(speech, noise(2))
    monkeypatch.setattr(
        "teachtext.experts.networks.transformers_speech.MAX_NO_SPEECH_PROBABILITY", -1
    )
    assert heard(speech, noise(2)) == ()


def test_weights_name_the_checkpoint_and_the_text_encoder(speech, folder):
    assert speech.weights.name == f"{folder} + {speech.text_encoder.weights.name}"


def save_without_times(folder):
    save_whisper(folder)
    file = folder / "generation_config.json"
    settings = json.loads(file.read_text())
    del settings["no_timestamps_token_id"]
    file.write_text(json.dumps(settings))


def save_without_tokenizer(folder):
    save_whisper(folder)
    for file in folder.glob("tokenizer*"):
        file.unlink()


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (lambda folder: None, "Cannot load the speech recogniser"),
        (save_ast, "is of type 'audio-spectrogram-transformer', not 'whisper'"),
        (save_without_times, "writes no times"),
        (save_without_tokenizer, "tokenizer of the speech recogniser .* is missing"),
    ],
    ids=["nothing", "sounds", "timeless", "wordless"],
)
def test_a_checkpoint_that_recognises_no_speech_is_named_in_one_line(
    tmp_path, text_encoder, save, words
):
    save(tmp_path)
    with pytest.raises(ConfigError, match=words) as caught:
        load(tmp_path, text_encoder)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
