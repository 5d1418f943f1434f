"""What a training step of the authors' design costs: the other side of ``training_step.py``.

Written from a description of their method, with modules, passes and temporaries as there: a text
unit per expert, 49 passes of the pair network one after another, RAdam one parameter at a time,
batches of float64 zeros filled from dictionaries. Nothing here is fast, and nothing is trained.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

TEXT_TOKENS, GHOST_CLUSTERS = 37, 1
MARGIN = 0.0938
FIXED = {
    "densenet161": 2208,
    "r2p1d-ig65m": 512,
    "r2p1d-ig65m-kinetics": 512,
    "resnext101": 2048,
    "senet154": 2048,
}
VARIABLE = {"audio": (29, 128, 8), "speech": (32, 300, 19)}
"""Expert -> rows, width, clusters."""
EXPERTS = sorted([*FIXED, *VARIABLE])


class PaddedNetVLAD(nn.Module):
    def __init__(self, dim, clusters, ghosts=0):
        super().__init__()
        self.clusters = clusters
        self.assignment = nn.Parameter(torch.randn(dim, clusters + ghosts) / math.sqrt(dim))
        self.centres = nn.Parameter(torch.randn(1, dim, clusters) / math.sqrt(dim))
        self.norm = nn.BatchNorm1d(clusters + ghosts)

    def forward(self, tokens):
        videos, rows, dim = tokens.shape
        logits = self.norm(tokens.reshape(videos * rows, dim) @ self.assignment)
        assigned = F.softmax(logits, dim=1)[:, : self.clusters].reshape(videos, rows, -1)
        mass = assigned.sum(dim=1, keepdim=True) * self.centres
        pooled = (assigned.transpose(1, 2) @ tokens).transpose(1, 2) - mass
        return F.normalize(F.normalize(pooled).reshape(videos, -1))


class Gate(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.context, self.norm = nn.Linear(dim, dim), nn.BatchNorm1d(dim)

    def forward(self, values):
        return values * torch.sigmoid(self.norm(self.context(values)))


class TextUnit(nn.Module):
    def __init__(self, dim, width):
        super().__init__()
        self.project = nn.Linear(dim, width)
        self.gate = Gate(width)

    def forward(self, pooled):
        return F.normalize(self.gate(self.project(pooled)))


class Mish(nn.Module):
    def forward(self, values):
        return values * torch.tanh(F.softplus(values))


class VideoUnit(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.context = nn.Linear(width, width)
        self.norm_messages = nn.BatchNorm1d(width)
        self.norm_context = nn.BatchNorm1d(width)

    def forward(self, values, messages):
        gate = self.norm_messages(messages) + self.norm_context(self.context(values))
        return F.normalize(values * torch.sigmoid(gate))


class Replica(nn.Module):
    def __init__(self, token_dim, clusters, width):
        super().__init__()
        pooled = token_dim * clusters
        self.text_pooling = PaddedNetVLAD(token_dim, clusters, GHOST_CLUSTERS)
        self.video_pooling = nn.ModuleDict(
            {name: PaddedNetVLAD(dim, clusters) for name, (_, dim, clusters) in VARIABLE.items()}
        )
        widths = FIXED | {name: dim * clusters for name, (_, dim, clusters) in VARIABLE.items()}
        self.text_units = nn.ModuleList(TextUnit(pooled, width) for _ in EXPERTS)
        self.weigh = nn.Linear(pooled, len(EXPERTS))
        self.reduce = nn.ModuleList(nn.Linear(widths[name], width) for name in EXPERTS)
        self.first = nn.Linear(2 * width, width)
        layers = [nn.BatchNorm1d(width), Mish(), nn.Linear(width, width)]
        layers += [nn.BatchNorm1d(width), Mish(), nn.Linear(width, width)]
        self.others = nn.Sequential(*layers)
        self.video_units = nn.ModuleList(VideoUnit(width) for _ in EXPERTS)

    def forward(self, tokens, experts, available):
        pooled = self.text_pooling(tokens)
        text = [unit(pooled) for unit in self.text_units]
        weights = F.softmax(self.weigh(pooled), dim=1)
        return similarities(text, weights, self.gate(self.reduced(experts), available), available)

    def reduced(self, experts):
        pooled = [
            self.video_pooling[name](experts[name]) if name in VARIABLE else experts[name]
            for name in EXPERTS
        ]
        return [F.normalize(reduce(v)) for reduce, v in zip(self.reduce, pooled, strict=True)]

    def gate(self, values, available):
        """Each expert gated in turn, so that later ones see earlier ones gated."""
        values = list(values)
        for own, unit in enumerate(self.video_units):
            messages, count = 0, 0
            for other in range(len(values)):
                both = available[:, own] * available[:, other]
                message = self.others(self.first(torch.cat((values[own], values[other]), 1)))
                messages = messages + message * both[:, None]
                count = count + both
            values[own] = unit(values[own], messages / (count[:, None] + 1e-11))
        return values


def similarities(text, weights, videos, available):
    """The mixture, with a weight for every caption, video and expert."""
    captions = len(weights)
    spread = weights[:, None].repeat(1, len(available), 1) * available[None].repeat(captions, 1, 1)
    spread = spread / spread.sum(dim=2, keepdim=True)
    total = torch.zeros(captions, len(available))
    for number, (caption, video) in enumerate(zip(text, videos, strict=True)):
        total = total + spread[:, :, number] * (caption @ video.t())
    return total


def ranking_loss(sims):
    """All pairs as two long columns."""
    count = len(sims)
    own = sims.diag()[:, None].expand(count, count).reshape(-1)
    own = torch.cat((own, own))
    other = torch.cat((sims.reshape(-1), sims.t().reshape(-1)))
    kept = (1 - torch.eye(count)).reshape(-1).repeat(2).nonzero().squeeze(1)
    return F.relu(MARGIN - (own[kept] - other[kept])).mean()


def teacher_mean(teachers):
    """Mean similarity of teachers, from the stored embeddings of this batch's pairs."""
    with torch.no_grad():
        matrices = []
        for text, videos in teachers:
            total = torch.zeros(len(videos[EXPERTS[0]]), len(videos[EXPERTS[0]]))
            for name in EXPERTS:
                total = total + text[name] @ videos[name].t()
            matrices.append(total)
        return torch.stack(matrices).mean(dim=0)


class LoopRAdam:
    """RAdam, one parameter and one operation at a time."""

    def __init__(self, parameters, lr=1e-3, decay=1e-5, begin=100):
        self.parameters, self.lr, self.decay, self.step_number = list(parameters), lr, decay, begin
        self.state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]

    @torch.no_grad()
    def step(self):
        self.step_number += 1
        for parameter, (mean, square) in zip(self.parameters, self.state, strict=True):
            gradient, data = parameter.grad.data.float(), parameter.data.float()
            square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            mean.mul_(0.9).add_(gradient, alpha=0.1)
            kept, longest = 0.999**self.step_number, 2 / 0.001 - 1
            length = longest - 2 * self.step_number * kept / (1 - kept)
            share = (length - 4) * (length - 2) * longest
            share /= (longest - 4) * (longest - 2) * length
            size = self.lr * math.sqrt((1 - kept) * share) / (1 - 0.9**self.step_number)
            data.add_(data, alpha=-self.decay * self.lr)
            data.addcdiv_(mean, square.sqrt().add_(1e-8), value=-size)
            parameter.data.copy_(data)

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = None


class Dictionaries:
    """Videos as dictionaries of small arrays, as if read from pickles."""

    def __init__(self, videos, token_dim, width, generator):
        self.token_dim, self.generator = token_dim, generator
        self.fixed = {name: {} for name in FIXED}
        self.variable = {name: {} for name in VARIABLE}
        self.text = {}
        self.teachers = [{} for _ in range(3)]
        for number in range(videos):
            video = f"video{number}"
            for name, dim in FIXED.items():
                self.fixed[name][video] = generator.random(dim, np.float32)
            for name, (rows, dim, _) in VARIABLE.items():
                found = generator.random((rows, dim), np.float32)
                self.variable[name][video] = found if generator.random() < 0.9 else float("nan")
            lengths = generator.integers(6, 17, size=3)
            self.text[video] = [generator.random((n, token_dim), np.float32) for n in lengths]
            for teacher in self.teachers:
                teacher[video] = {
                    kind: {name: generator.random(width, np.float32) for name in EXPERTS}
                    for kind in ("text", "videos")
                }

    def batch(self, videos):
        """Zeros in double precision, filled video by video, then halved."""
        names = [f"video{number}" for number in videos]
        arrays = {name: np.zeros((len(names), dim)) for name, dim in FIXED.items()}
        for name, (rows, dim, _) in VARIABLE.items():
            arrays[name] = np.zeros((len(names), rows, dim))
        tokens = np.zeros((len(names), TEXT_TOKENS, self.token_dim))
        available = np.ones((len(names), len(EXPERTS)))
        for row, video in enumerate(names):
            self.fill(arrays, available, row, video)
            captions = self.text[video]
            chosen = captions[int(self.generator.integers(len(captions)))][:TEXT_TOKENS]
            tokens[row, : len(chosen)] = chosen
        single = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
        return torch.from_numpy(tokens).float(), single, torch.from_numpy(available).float()

    def fill(self, arrays, available, row, video):
        for name, videos in self.fixed.items():
            arrays[name][row] = videos[video]
        for name, videos in self.variable.items():
            found = videos[video]
            if isinstance(found, float):
                available[row, EXPERTS.index(name)] = 0
            else:
                arrays[name][row, : len(found)] = found[: arrays[name].shape[1]]

    def teachers_of(self, videos):
        """Stored text and video embeddings of a batch, teacher by teacher."""
        names = [f"video{number}" for number in videos]
        return [
            tuple(
                {
                    name: torch.from_numpy(np.stack([teacher[v][kind][name] for v in names]))
                    for name in EXPERTS
                }
                for kind in ("text", "videos")
            )
            for teacher in self.teachers
        ]
