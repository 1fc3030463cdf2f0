"""The network that OpenCV loads is the published one, written another way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from wallet_api.adapters.faces.engine import CHIP_SIDE
from wallet_api.adapters.faces.model_files import EMBEDDER, load_model
from wallet_api.adapters.faces.onnx_graph import with_matrix_products


def network(model: bytes) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))


def kinds(net: cv2.dnn.Net) -> list[str]:
    return [net.getLayer(net.getLayerId(name)).type for name in net.getLayerNames()]


@pytest.fixture(scope="module")
def published() -> bytes:
    return load_model(EMBEDDER)


def test_every_1x1_convolution_became_a_product_and_no_other(published: bytes) -> None:
    before, after = network(published), network(with_matrix_products(published, CHIP_SIDE))
    assert kinds(before).count("Convolution") == 27
    assert kinds(after).count("Convolution") == 14
    assert kinds(after).count("MatMul") == 13


def test_both_give_the_same_numbers(published: bytes) -> None:
    before, after = network(published), network(with_matrix_products(published, CHIP_SIDE))
    chance = np.random.default_rng(4)
    for sigma in (0.1, 3.0, 12.0):
        noise = chance.integers(0, 256, (CHIP_SIDE, CHIP_SIDE, 3), np.uint8)
        chip = cv2.GaussianBlur(noise, (0, 0), sigma)
        blob = cv2.dnn.blobFromImage(chip, swapRB=True)
        before.setInput(blob)
        after.setInput(blob)
        assert np.abs(before.forward() - after.forward()).max() < 1e-4


def test_the_rewriting_is_the_same_each_time_and_hardly_larger(published: bytes) -> None:
    once = with_matrix_products(published, CHIP_SIDE)
    assert once == with_matrix_products(published, CHIP_SIDE)
    assert 0 < len(once) - len(published) < 10_000


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_model_cut_short_is_refused(published: bytes, share: float) -> None:
    with pytest.raises((ValueError, IndexError)):
        with_matrix_products(published[: int(len(published) * share)], CHIP_SIDE)
