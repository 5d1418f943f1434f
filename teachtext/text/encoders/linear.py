"""Matrix products of frozen networks on a CPU, by oneDNN. Modules in, modules out; no files."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class OneDNNLinear(nn.Module):
    """A linear layer that no longer learns, in oneDNN's own format.

    Torch gives products of float32 to MKL, which on AMD's processors leaves AVX-512 alone: for
    1024 tokens oneDNN takes less than half of its time (benchmarks/text_encoding.py).
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        bias = linear.bias
        self.weight = linear.weight.detach().to_mkldnn()
        self.bias = None if bias is None else bias.detach().to_mkldnn()

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., out_dim) of (..., in_dim) float32 inputs."""
        outputs: Tensor = F.linear(inputs.contiguous().to_mkldnn(), self.weight, self.bias)
        return outputs.to_dense()


def speed_up(model: nn.Module) -> nn.Module:
    """Replace all linear layers of a frozen float32 network on a CPU, where oneDNN is there."""
    if torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        for module in list(model.modules()):
            for name, child in module.named_children():
                # not its subclasses: others read their weights
                if type(child) is nn.Linear:
                    setattr(module, name, OneDNNLinear(child))
    return model
