"""Settings of the random changes to training images."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Probability = Annotated[float, Field(ge=0, le=1)]


class Augmentation(BaseModel):
    """Strengths of the changes of SimCLR (Chen et al. 2020, appendix A), at its own values for the
    crop and milder ones for the colours, as colour is often what a text tells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crop: tuple[float, float] = Field(
        default=(0.2, 1.0), description="Least and largest share of the area that a crop keeps."
    )
    ratio: tuple[float, float] = Field(
        default=(0.75, 4 / 3),
        description="Least and largest width / height of a crop, of the original's.",
    )
    flip: Probability = Field(default=0.5, description="Probability of a mirror image.")
    jitter: Probability = Field(default=0.8, description="Probability of a change of colours.")
    brightness: float = Field(default=0.4, ge=0, le=1, description="Largest relative change.")
    contrast: float = Field(default=0.4, ge=0, le=1, description="Largest relative change.")
    saturation: float = Field(default=0.2, ge=0, le=1, description="Largest relative change.")
    hue: float = Field(
        default=0.02, ge=0, le=0.5, description="Largest shift; 1 is the whole circle."
    )
    grey: Probability = Field(default=0.1, description="Probability of losing all colour.")
    blur: Probability = Field(default=0.3, description="Probability of a Gaussian blur.")
    sigma: tuple[float, float] = Field(
        default=(0.1, 2.0), description="Least and largest radius of the blur, in pixels at 224."
    )
    rotation: float = Field(
        default=0.0, ge=0, le=180, description="Largest turn, in degrees, either way."
    )

    @model_validator(mode="after")
    def _ranges_are_ordered(self) -> Augmentation:
        for name in ("crop", "ratio", "sigma"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(f"{name}: two numbers over 0, the smaller one first")
        if self.crop[1] > 1:
            raise ValueError("crop: at most 1, the whole image")
        return self

    @property
    def crops(self) -> bool:
        """Whether images are cropped at all."""
        return self.crop[0] < 1 or self.ratio != (1.0, 1.0)
