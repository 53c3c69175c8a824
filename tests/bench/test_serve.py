"""The serving benchmark scores what it says it scores."""

import pytest
import torch

from adarec.bench import serve
from adarec.nets.gaussians import squared_wasserstein


def test_the_wasserstein_top_ten_are_the_nearest() -> None:
    torch.manual_seed(0)
    state, candidates = serve.drawn("wasserstein", 500)
    _, columns = serve.Scoring(candidates)(state)
    points = candidates[:, :-1]
    nearest = squared_wasserstein(state[:, :-1] / 2, points).argsort()[:10]
    assert columns[0].tolist() == nearest.tolist()
    assert candidates.shape == (500, 2 * serve.WIDTH + 1)


def test_the_dot_top_ten_are_the_largest_products() -> None:
    torch.manual_seed(0)
    state, candidates = serve.drawn("dot", 500)
    scores, columns = serve.Scoring(candidates)(state)
    best = (candidates @ state[0]).topk(10)
    assert columns[0].tolist() == best.indices.tolist()
    torch.testing.assert_close(scores[0], best.values)


@pytest.mark.slow
def test_every_catalogue_and_one_request_are_timed_with_their_method() -> None:
    found = serve.bench_serve(counts=(300, 600))
    assert list(found["scoring_ms"]) == ["300", "600"]
    for times in found["scoring_ms"].values():
        assert times["ratio"] > 0
        assert times["dot"]["p95"] >= times["dot"]["p50"] > 0
    assert found["request_ms"]["of"] == "untrained student"
    assert "onnxruntime" in found["method"]
    assert found["environment"]["threads"] == 1
