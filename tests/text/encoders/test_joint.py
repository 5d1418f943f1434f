import numpy as np
import pytest
import torch
from sentencepiece import SentencePieceTrainer
from transformers import AutoModel, BertConfig, BertModel, SiglipTokenizer

from teachtext.errors import ConfigError
from teachtext.text.encoders.joint import JointEncoder
from tests.support.joint_checkpoints import JOINT_FAMILIES, build_joint, save_tokenizer

CAPTIONS = ["a red circle turns", "", "star", "a red circle turns", "blue " * 50]
POSITIONS = 8
# <s> a red circle </s>; SigLIP reads its padding as well
IDS = {
    "clip": [0, 3, 4, 6, 1],
    "xclip": [0, 3, 4, 6, 1],
    "clap": [0, 3, 4, 6, 1],
    "siglip": [3, 4, 6, 1, 1, 1, 1, 1],
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    return {
        family: build_joint(tmp_path_factory.mktemp(family), family) for family in JOINT_FAMILIES
    }


def encoder_of(checkpoints, family, max_tokens=77):
    return JointEncoder(checkpoint=str(checkpoints[family]), max_tokens=max_tokens)


def by_library(folder, ids):
    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model.get_text_features(torch.tensor([ids])).pooler_output.numpy()


@pytest.mark.parametrize("family", JOINT_FAMILIES)
def test_a_caption_is_the_librarys_vector(checkpoints, family):
    encoder = encoder_of(checkpoints, family)
    (found,) = encoder.encode(["a red circle"])
    assert found.shape == (1, encoder.dim)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_library(checkpoints[family], IDS[family]), atol=1e-5)


@pytest.mark.parametrize("family", JOINT_FAMILIES)
def test_vectors_do_not_depend_on_the_batch(checkpoints, family):
    encoder = encoder_of(checkpoints, family)
    for together, caption in zip(encoder.encode(CAPTIONS), CAPTIONS, strict=True):
        np.testing.assert_allclose(together, encoder.encode([caption])[0], atol=1e-5)


def test_siglip_without_its_padding_would_say_something_else(checkpoints):
    found = encoder_of(checkpoints, "siglip").encode(["a red circle"])[0]
    unpadded = by_library(checkpoints["siglip"], [3, 4, 6, 1])
    assert np.abs(found - unpadded).max() > 0.01


def test_siglip_reads_lower_case(checkpoints):
    encoder = encoder_of(checkpoints, "siglip")
    shouted, said = encoder.encode(["A RED Circle", "a red circle"])
    assert np.array_equal(shouted, said)


def test_siglip_has_the_tokeniser_that_it_is_published_with(tmp_path):
    build_joint(tmp_path, "siglip")
    for file in tmp_path.glob("tokenizer*"):
        file.unlink()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["a red circle turns"] * 9),
        model_prefix=str(tmp_path / "spiece"),
        model_type="word",
        **{"vocab_size": 6, "unk_id": 0, "eos_id": 1, "bos_id": -1, "minloglevel": 3},
    )
    own = SiglipTokenizer(str(tmp_path / "spiece.model"))
    own.save_pretrained(tmp_path)
    processed = own("a red circle", padding="max_length", max_length=POSITIONS)["input_ids"]
    (found,) = JointEncoder(checkpoint=str(tmp_path), max_tokens=64).encode(["A red, circle!"])
    np.testing.assert_allclose(found, by_library(tmp_path, processed), atol=1e-5)


@pytest.mark.parametrize(("max_tokens", "seen"), [(4, "blue blue"), (77, "blue " * 6)])
def test_captions_are_cut_at_max_tokens_or_at_the_positions(checkpoints, max_tokens, seen):
    encoder = encoder_of(checkpoints, "clip", max_tokens)
    np.testing.assert_allclose(*encoder.encode(["blue " * 50, seen]), atol=1e-6)


def test_a_network_without_pictures_or_sound_is_refused(tmp_path):
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=10, intermediate_size=16, **sizes)).save_pretrained(tmp_path)
    save_tokenizer(tmp_path, "$A")
    with pytest.raises(ConfigError, match=r"\(BertModel\) has no space.*use encoder transformers"):
        JointEncoder(checkpoint=str(tmp_path), max_tokens=8)
