import threading

import numpy as np
import pytest
import torch

from teachtext.experts.networks.prefetch import AHEAD, read_ahead, sent_ahead

CPU = torch.device("cpu")


def test_items_come_in_their_order():
    assert list(read_ahead(iter(range(20)), device=CPU)) == list(range(20))
    assert list(read_ahead([], device=CPU)) == []
    assert list(read_ahead([None, None], device=CPU)) == [None, None]


def test_the_next_items_are_read_while_the_caller_is_busy_and_no_more():
    read, both = [], threading.Event()

    def reading():
        for item in range(10):
            read.append(item)
            if item == AHEAD:
                both.set()
            yield item

    items = read_ahead(reading(), device=CPU)
    assert next(items) == 0
    assert both.wait(timeout=60)  # nobody asked for it
    items.close()
    assert read == list(range(AHEAD + 1))


def test_an_error_comes_where_its_item_would_have():
    def reading():
        yield 0
        raise OSError("the disk is gone")

    items = read_ahead(reading(), device=CPU)
    assert next(items) == 0
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)


def test_no_thread_outlives_its_caller():
    def fail():
        for _ in read_ahead(iter(range(10)), device=CPU):
            raise RuntimeError("the network fails")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="the network fails"):
        fail()
    assert threading.active_count() == before


def test_frames_are_sent_as_bytes_with_their_owner():
    pixels = np.arange(2 * 2 * 2 * 3, dtype=np.uint8).reshape(2, 2, 2, 3)
    mirrored = pixels[:, :, ::-1]  # what torch cannot take as it lies
    found = list(sent_ahead([(0, pixels), (3, mirrored)], CPU))
    assert [owner for owner, _ in found] == [0, 3]
    assert all(frames.dtype == torch.uint8 for _, frames in found)
    assert found[1][1].numpy().tolist() == mirrored.tolist()


@pytest.mark.parametrize(("device", "gpu"), [("cpu", []), ("cuda", [1]), ("cuda:2", [2])])
def test_the_thread_works_on_the_gpu_of_its_caller(device, gpu, monkeypatch):
    """torch.cuda.set_device refuses a device without a number."""
    used = []
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch.cuda, "set_device", used.append)
    assert list(read_ahead([5], device=torch.device(device))) == [5]
    assert used == gpu
