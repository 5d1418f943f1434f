import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from teachtext.models.norm import MaskedBatchNorm, UnmaskedBatchNorm


def twins(dim):
    """One of ours and one of torch's, with the same weights and statistics, which matter."""
    ours, torchs = MaskedBatchNorm(dim), nn.BatchNorm1d(dim)
    for values in (*torchs.parameters(), torchs.running_mean, torchs.running_var):
        nn.init.uniform_(values, 0.5, 1.5)
    ours.load_state_dict(torchs.state_dict())
    return ours, torchs


@given(st.lists(st.booleans(), min_size=2, max_size=12).filter(lambda mask: sum(mask) > 1))
def test_it_is_batch_norm_of_the_valid_rows(mask):
    ours, torchs = twins(3)
    rows, valid = torch.randn(len(mask), 3) * 4 + 2, torch.tensor(mask)
    torch.testing.assert_close(ours(rows, valid)[valid], torchs(rows[valid]), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.state_dict(), torchs.state_dict(), rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_the_valid_rows():
    ours, torchs = twins(3)
    valid, direction = torch.tensor([True, False, True, True]), torch.randn(4, 3)
    rows, same = (torch.arange(12.0).view(4, 3).sin().requires_grad_() for _ in range(2))
    (ours(rows, valid) * direction)[valid].sum().backward()
    (torchs(same[valid]) * direction[valid]).sum().backward()
    torch.testing.assert_close(rows.grad, same.grad, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours.weight.grad, torchs.weight.grad, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours.bias.grad, torchs.bias.grad)


@pytest.mark.parametrize("training", [True, False])
def test_leading_shapes_are_rows_and_no_mask_is_all(training):
    ours, torchs = twins(5)
    rows = torch.randn(4, 6, 5)
    expected = torchs.train(training)(rows.flatten(0, 1)).view(4, 6, 5)
    torch.testing.assert_close(ours.train(training)(rows), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("valid", [[True, False], [False, False]])
def test_without_a_variance_the_running_statistics_serve(valid):
    norm, _ = twins(3)
    before = {key: values.clone() for key, values in norm.state_dict().items()}
    rows = torch.randn(2, 3)
    trained = norm(rows, torch.tensor(valid))
    torch.testing.assert_close(trained, norm.eval()(rows))
    torch.testing.assert_close(norm.state_dict(), before)


def test_rows_that_are_not_valid_count_in_the_authors_norm():
    norm = UnmaskedBatchNorm(3)
    rows = torch.randn(4, 3)
    expected = nn.BatchNorm1d(3)(rows)
    torch.testing.assert_close(norm(rows, torch.tensor([True, False, True, False])), expected)


def test_statistics_are_exact_under_autocast():
    norm, _ = twins(3)
    rows = (torch.randn(64, 3) + 100).bfloat16()
    expected = 0.9 * norm.running_mean + 0.1 * rows.float().mean(dim=0)
    with torch.autocast("cpu", torch.bfloat16):
        normalized = norm(rows)
    assert normalized.dtype == torch.bfloat16
    torch.testing.assert_close(norm.running_mean, expected)
