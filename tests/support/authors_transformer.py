"""The weights of the authors' MMT as our model takes them."""

import torch

from teachtext.models.retrieval import build_model
from tests.support.authors_models import tensors
from tests.support.reference import section
from tests.support.toy_sets import toy_architecture

TRANSFORMER_DIMS = {"ocr": 20, "rgb": 28, "vggish": 16}
CLS_TYPE = 0
LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attended": "attention.output.dense",
    "norm_attended": "attention.output.layer_norm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.layer_norm",
}


def transformer_model(arrays):
    """MMT of the authors' sizes and weights; a caption is one token."""
    sizes = {"layers": 2, "heads": 4, "feed_forward_dim": 48, "positions": 12, "dropout": 0.1}
    settings = toy_architecture(
        "MultiModalTransformer", shared_dim=32, text_pooling="first", transformer=sizes
    )
    model = build_model(settings, token_dim=24, max_tokens=1, expert_dims=TRANSFORMER_DIMS)
    given = tensors(section(arrays, "state/"))
    renamed = {}
    for key, values in model.state_dict().items():
        name, kind = key.rsplit(".", 1)
        parts = [given[f"{part}.{kind}"] for part in _transformer_keys(name)]
        renamed[key] = torch.cat(parts) if values.ndim else values
    kinds = [int(arrays[f"token_type/{name}"]) for name in TRANSFORMER_DIMS]
    key = "tokens.of_expert.weight"
    renamed[key] = renamed[key][[*kinds, CLS_TYPE]]
    model.load_state_dict(renamed)
    return model


def _transformer_keys(name):
    """The authors' names of one of our layers; of several, one after another."""
    experts = list(TRANSFORMER_DIMS)
    return {
        "tokens.of_expert": ["vid_bert.embeddings.token_type_embeddings"],
        "tokens.of_second": ["vid_bert.embeddings.position_embeddings"],
        "tokens.norm": ["vid_bert.embeddings.layer_norm"],
        "caption_tower.weights.weigh": [f"moe_fc_txt.{expert}" for expert in experts],
        "caption_tower.embed.project": [f"text_GU.{expert}.fc" for expert in experts],
        "caption_tower.embed.norm": [f"text_GU.{expert}.cg.batch_norm" for expert in experts],
        **{
            f"caption_tower.embed.contexts.{i}": [f"text_GU.{expert}.cg.fc"]
            for i, expert in enumerate(experts)
        },
        **{
            f"tokens.project.{i}": [f"video_dim_reduce.{expert}.fc"]
            for i, expert in enumerate(experts)
        },
        **{
            f"encoder.layers.{i}.{ours}": [f"vid_bert.encoder.layer.{i}.{theirs}"]
            for i in range(2)
            for ours, theirs in LAYER.items()
        },
    }[name]
