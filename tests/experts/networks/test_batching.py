import pytest
import torch

from teachtext.experts.networks.batching import BatchedNetwork
from teachtext.pretrained.hub import Checkpoint
from teachtext.store.weights import WeightsIdentity


class FirstNumber(BatchedNetwork):
    """A network whose vector is the first number of its input; notes what it is given."""

    dim = 1

    def __init__(self, batch):
        weights = WeightsIdentity("toy", "0" * 64)
        loaded = Checkpoint(torch.nn.Identity(), weights, torch.device("cpu"), torch.float32)
        super().__init__(loaded, gpu_batch=99, cpu_batch=batch)
        self.sizes = []

    def inputs(self, videos):
        yield from ((index, one) for index, video in enumerate(videos) for one in video)

    def embed(self, batch):
        values = batch["values"] if isinstance(batch, dict) else batch
        self.sizes.append(len(values))
        return values[:, :1].float()

    def times(self, video):
        return torch.arange(len(video)).numpy(), torch.arange(1, len(video) + 1).numpy()


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"values": x}], ids=["tensor", "named"])
def test_batches_are_filled_across_videos_and_hold_one_shape(wrap):
    network = FirstNumber(batch=3)
    sides, owners = [2, 2, 2, 2, 2, 3, 3], [0, 0, 2, 2, 2, 2, 3]
    videos = [
        [wrap(torch.full((side,), at)) for at, side in enumerate(sides) if owners[at] == video]
        for video in range(4)
    ]
    found = [features.features_TD.ravel().tolist() for features in network.extract_batch(videos)]
    assert network.sizes == [3, 2, 2]
    assert found == [[0, 1], [], [2, 3, 4, 5], [6]]


def test_each_row_has_its_time():
    (features,) = FirstNumber(batch=2).extract_batch([list(torch.ones(3, 1))])
    assert features.start_seconds_T.tolist() == [0, 1, 2]
    assert features.end_seconds_T.tolist() == [1, 2, 3]


def test_vectors_are_fetched_when_the_next_batch_is_on_its_way():
    order = []

    class Vectors:
        def __init__(self, batch):
            self.batch, self.first = batch, int(batch[0, 0])
            order.append(f"compute {self.first}")

        def cpu(self):
            order.append(f"fetch {self.first}")
            return self.batch

    class Slow(FirstNumber):
        def embed(self, batch):
            return Vectors(batch)

    inputs = [(0, torch.full((1,), index)) for index in range(5)]
    (rows,) = Slow(batch=2).rows(inputs, videos=1)
    assert rows.ravel().tolist() == [0, 1, 2, 3, 4]
    assert order == ["compute 0", "compute 2", "fetch 0", "compute 4", "fetch 2", "fetch 4"]
