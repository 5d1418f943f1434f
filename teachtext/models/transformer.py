"""The encoder of BERT. Shape suffixes: B batch, S sequence, Q tokens asked for, E width."""

from torch import Tensor, nn
from torch.nn import functional as F

INITIAL_STD = 0.02
"""Of weights and embeddings, as in BERT."""


def initialize(module: nn.Module) -> None:
    """Draw the weights of a module as BERT does (Devlin et al., 2019)."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=INITIAL_STD)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


class EncoderLayer(nn.Module):
    """Attention and two maps, each added to its input and then normalised.

    Args:
        dim: Width of a token.
        heads: Number of attention heads; a divisor of ``dim``.
        feed_forward_dim: Width between the two linear maps.
        dropout: Dropout probability of attention weights and of residual branches.
    """

    def __init__(self, dim: int, *, heads: int, feed_forward_dim: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.attended = nn.Linear(dim, dim)
        self.norm_attended = nn.LayerNorm(dim, eps=1e-12)
        self.widen = nn.Linear(dim, feed_forward_dim)
        self.narrow = nn.Linear(feed_forward_dim, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, asked_BQE: Tensor, tokens_BSE: Tensor, present_BS: Tensor) -> Tensor:
        """New vectors of some tokens, from all of them.

        Args:
            asked_BQE: (B, Q, E) Tokens to compute new vectors of.
            tokens_BSE: (B, S, E) Tokens to attend to.
            present_BS: (B, S) True for tokens that exist; at least one per sequence.
        """
        attended = F.scaled_dot_product_attention(
            self._by_head(self.query(asked_BQE)),
            self._by_head(self.key(tokens_BSE)),
            self._by_head(self.value(tokens_BSE)),
            attn_mask=present_BS[:, None, None, :],
            dropout_p=self.dropout.p if self.training else 0.0,
        )
        attended_BQE = self.attended(attended.transpose(1, 2).flatten(2))
        asked_BQE = self.norm_attended(asked_BQE + self.dropout(attended_BQE))
        mapped_BQE = self.narrow(F.gelu(self.widen(asked_BQE)))
        normalized_BQE: Tensor = self.norm(asked_BQE + self.dropout(mapped_BQE))
        return normalized_BQE

    def _by_head(self, tokens_BSE: Tensor) -> Tensor:
        batch, rows, width = tokens_BSE.shape
        # -1 would have no meaning for a process without a row
        return tokens_BSE.view(batch, rows, self.heads, width // self.heads).transpose(1, 2)


class Encoder(nn.Module):
    """Layers one after another (Devlin et al., 2019).

    Args:
        dim: Width of a token.
        layers: Number of layers.
        heads: Number of attention heads; a divisor of ``dim``.
        feed_forward_dim: Width between the two linear maps of a layer.
        dropout: Dropout probability of attention weights and of residual branches.
    """

    def __init__(
        self, dim: int, *, layers: int, heads: int, feed_forward_dim: int, dropout: float
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EncoderLayer(dim, heads=heads, feed_forward_dim=feed_forward_dim, dropout=dropout)
            for _ in range(layers)
        )
        self.apply(initialize)

    def forward(self, tokens_BSE: Tensor, present_BS: Tensor, *, wanted: int) -> Tensor:
        """(B, S, E) -> (B, wanted, E) the first tokens of each sequence.

        The last layer computes only those, because nothing attends to the others any more.
        """
        *earlier, last = self.layers
        for layer in earlier:
            tokens_BSE = layer(tokens_BSE, tokens_BSE, present_BS)
        wanted_BQE: Tensor = last(tokens_BSE[:, :wanted], tokens_BSE, present_BS)
        return wanted_BQE
