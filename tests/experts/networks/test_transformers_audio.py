import json

import numpy as np
import pytest
import torch
from transformers import (
    ASTFeatureExtractor,
    ASTModel,
    BertConfig,
    BertModel,
    ClapFeatureExtractor,
    ClapModel,
    ViTConfig,
    ViTImageProcessor,
    ViTModel,
    Wav2Vec2Model,
)

from teachtext.errors import ConfigError
from teachtext.experts.networks.transformers_audio import (
    Resampler,
    TransformersAudio,
    window_bounds,
)
from teachtext.video.media import SAMPLE_RATE, Audio
from tests.support.tiny_audio_checkpoints import save_ast, save_clap, save_wav2vec2, save_whisper

WINDOW_SECONDS = {"ast": 1.28, "clap": 1.0, "fused": 1.0, "wav2vec2": 10.0}
DIMS = {"ast": 16, "clap": 8, "fused": 8, "wav2vec2": 16}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folders = {name: tmp_path_factory.mktemp(name) for name in WINDOW_SECONDS}
    save_ast(folders["ast"])
    save_clap(folders["clap"])
    save_clap(folders["fused"], fusion=True)
    save_wav2vec2(folders["wav2vec2"])
    return folders


@pytest.fixture(scope="module")
def experts(folders):
    return {name: load(folder) for name, folder in folders.items()}


def load(folder, precision="float32"):
    return TransformersAudio(checkpoint=str(folder), precision=precision, device="cpu")


def noise(seconds, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=round(seconds * SAMPLE_RATE)) * 0.1).astype(np.float32)


def tone(hertz, rate, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def extract(expert, samples):
    (features,) = expert.extract_batch([Audio(samples)])
    return features


def test_ast_rows_are_the_librarys_own(experts, folders):
    samples = noise(2.0)
    extractor = ASTFeatureExtractor.from_pretrained(folders["ast"])
    windows = [samples[: round(1.28 * SAMPLE_RATE)], samples[round(1.28 * SAMPLE_RATE) :]]
    inputs = extractor(windows, sampling_rate=SAMPLE_RATE, return_tensors="pt")
    with torch.inference_mode():
        expected = ASTModel.from_pretrained(folders["ast"]).eval()(**inputs).pooler_output
    rows = extract(experts["ast"], samples).features_TD
    np.testing.assert_allclose(rows, expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["clap", "fused"])
def test_clap_rows_are_the_librarys_own_of_the_sound_at_48_khz(experts, folders, name):
    samples = noise(0.5)
    extractor = ClapFeatureExtractor.from_pretrained(folders[name])
    inputs = extractor(
        Resampler(48_000)(samples, 0, 8000), sampling_rate=48_000, return_tensors="pt"
    )
    inputs["is_longer"][:] = False
    with torch.inference_mode():
        features = ClapModel.from_pretrained(folders[name]).eval().get_audio_features(**inputs)
    rows = extract(experts[name], samples).features_TD
    np.testing.assert_allclose(rows, features.pooler_output.numpy(), atol=1e-5)
    assert np.linalg.norm(rows) == pytest.approx(1, abs=1e-5)


def test_a_network_without_pooled_output_is_averaged_over_time(experts, folders):
    samples = noise(1.0)
    normal = torch.from_numpy((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7))[None]
    with torch.inference_mode():
        states = Wav2Vec2Model.from_pretrained(folders["wav2vec2"]).eval()(normal)
    expected = states.last_hidden_state.mean(dim=1).numpy()
    np.testing.assert_allclose(
        extract(experts["wav2vec2"], samples).features_TD, expected, atol=1e-5
    )


@pytest.mark.parametrize("name", WINDOW_SECONDS)
@pytest.mark.parametrize("windows", [1, 2.5])
def test_windows_follow_each_other_and_end_with_the_sound(experts, name, windows):
    seconds = windows * WINDOW_SECONDS[name]
    features = extract(experts[name], noise(seconds))
    starts = np.arange(np.ceil(windows)) * WINDOW_SECONDS[name]
    assert features.features_TD.shape == (len(starts), DIMS[name])
    assert features.features_TD.dtype == np.float32
    assert experts[name].dim == DIMS[name]
    np.testing.assert_allclose(features.start_seconds_T, starts)
    np.testing.assert_allclose(features.end_seconds_T, [*starts[1:], seconds])


@pytest.mark.parametrize(
    ("samples", "bounds"),
    [
        (0, []),
        (1, [(0, 1)]),
        (16_000, [(0, 16_000)]),
        (19_999, [(0, 16_000)]),
        (20_000, [(0, 16_000), (16_000, 20_000)]),
        (32_000, [(0, 16_000), (16_000, 32_000)]),
    ],
)
def test_a_short_rest_has_no_window_unless_it_is_all(samples, bounds):
    assert window_bounds(samples, 16_000) == bounds


@pytest.mark.parametrize("name", WINDOW_SECONDS)
def test_silence_and_a_single_sample_have_a_row_and_no_sound_has_none(experts, name):
    for samples in (np.zeros(SAMPLE_RATE, np.float32), np.ones(1, np.float32)):
        rows = extract(experts[name], samples).features_TD
        assert rows.shape == (1, DIMS[name])
        assert np.isfinite(rows).all()
    assert extract(experts[name], noise(0)).features_TD.shape == (0, DIMS[name])


@pytest.mark.parametrize("name", WINDOW_SECONDS)
def test_rows_do_not_depend_on_the_batch(experts, name, monkeypatch):
    videos = [Audio(noise(seconds, seed)) for seed, seconds in enumerate((2.2, 0.6, 0, 1.28, 11))]
    alone = [experts[name].extract_batch([video])[0] for video in videos]
    monkeypatch.setattr(experts[name], "batch", 4)
    for one, other in zip(experts[name].extract_batch(videos), alone, strict=True):
        np.testing.assert_allclose(one.features_TD, other.features_TD, atol=1e-5)
        assert np.array_equal(one.end_seconds_T, other.end_seconds_T)


@pytest.mark.parametrize("name", WINDOW_SECONDS)
def test_the_same_sound_gives_the_same_bytes_whatever_the_random_state(experts, name):
    np.random.seed(0)  # noqa: NPY002 - what the library draws from
    first = extract(experts[name], noise(2.3)).features_TD
    np.random.seed(1)  # noqa: NPY002
    assert extract(experts[name], noise(2.3)).features_TD.tobytes() == first.tobytes()


def test_sound_may_stay_on_disk(experts, tmp_path):
    np.save(tmp_path / "sound.npy", noise(3))
    mapped = np.load(tmp_path / "sound.npy", mmap_mode="r")
    for name in ("ast", "clap"):
        expected = extract(experts[name], noise(3)).features_TD
        assert np.array_equal(extract(experts[name], mapped).features_TD, expected)


def test_half_precision_gives_nearly_the_same_rows(experts, folders):
    rows = extract(load(folders["ast"], "bfloat16"), noise(2)).features_TD
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, extract(experts["ast"], noise(2)).features_TD, atol=0.05)


@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 24_000, 8_000])
@pytest.mark.parametrize("hertz", [0, 440, 3500, 7000])
def test_a_resampled_tone_is_the_tone_at_the_new_rate(rate, hertz):
    hertz = min(hertz, 0.44 * rate)
    sound = np.cos(2 * np.pi * hertz * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    resampled = Resampler(rate)(sound, 4000, 12_000)
    expected = np.cos(2 * np.pi * hertz * (0.25 + np.arange(rate // 2) / rate))
    np.testing.assert_allclose(resampled, expected, atol=2e-4)


def test_what_the_new_rate_cannot_hold_is_filtered_out():
    resampled = Resampler(8_000)(tone(5000, SAMPLE_RATE).astype(np.float32), 4000, 12_000)
    assert np.abs(resampled).max() < 2e-4


@pytest.mark.parametrize("rate", [48_000, 44_100, 8_000])
def test_resampled_parts_join_without_a_seam(rate):
    resample, sound = Resampler(rate), noise(1)
    whole = resample(sound, 0, 16_000)
    parts = [resample(sound, begin, begin + 3200) for begin in range(0, 16_000, 3200)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    assert len(whole) == rate


def save_image_network(folder):
    ViTModel(ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2)).save_pretrained(
        folder
    )
    ViTImageProcessor().save_pretrained(folder)


def save_picture_reader(folder):
    save_ast(folder)
    kind = {"feature_extractor_type": "CLIPImageProcessor"}
    (folder / "preprocessor_config.json").write_text(json.dumps(kind))


def save_text_network(folder):
    """Its feature extractor is of sound, its network is not."""
    save_ast(folder)
    BertModel(
        BertConfig(
            vocab_size=10,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
        )
    ).save_pretrained(folder)


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (lambda folder: None, "Cannot load the audio network"),
        (save_image_network, "Cannot load the audio network"),
        (save_picture_reader, "is no audio network"),
        (save_text_network, "gives no features of sound"),
        (save_whisper, "Use network transformers-speech"),
    ],
    ids=["nothing", "images", "pictures", "text", "recogniser"],
)
def test_a_checkpoint_that_is_no_audio_network_is_named_in_one_line(tmp_path, save, words):
    save(tmp_path)
    with pytest.raises(ConfigError, match=words) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
