"""What can be bought: machines and their prices, and what the plan assumes. An editable table."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.errors import InvalidRequest, SettingsError
from eval.planning.quantities import size
from eval.planning.samples import Sample

SHIPPED = Path(__file__).with_name("prices.toml")
Use = Literal["shard", "service", "encoder"]
_BITS = {"Gbit/s": 1e9, "Mbit/s": 1e6}


def _bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return size(value)
    except InvalidRequest as error:
        raise ValueError(str(error)) from None


def _bits(value: Any) -> Any:
    for unit, factor in _BITS.items():
        if isinstance(value, str) and value.endswith(unit):
            return float(value.removesuffix(unit)) * factor
    return value


Bytes = Annotated[float, BeforeValidator(_bytes), Field(gt=0)]
Bits = Annotated[float, BeforeValidator(_bits), Field(gt=0)]
Pair = tuple[
    Annotated[float, Field(ge=0)],
    Annotated[float, Field(ge=0)],
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Part):
    """One kind of machine."""

    use: tuple[Use, ...]
    cores: int = Field(ge=1)
    memory: Bytes = Field(description="Bytes.")
    disk: Bytes = Field(description="Bytes.")
    reads_per_second: float = Field(gt=0, description="Random reads of 4 KiB.")
    read_us: Pair | None = Field(
        default=None, description="One of them, p50 and p99, microseconds; None as calibrated."
    )
    network: Bits = Field(description="Bit/s.")
    hour: float = Field(ge=0, description="Price of an hour.")
    core_speed: float = Field(default=1.0, gt=0, description="Beside the calibrated machine's.")

    def read(self, measured: Sample) -> Sample:
        """What a random read takes: as the table says, else as measured on the calibrated one."""
        if self.read_us is None:
            return measured
        return Sample.between(self.read_us[0] * 1e-6, self.read_us[1] * 1e-6)


class Assumed(_Part):
    """What no benchmark on one machine can measure."""

    client_ms: Pair
    inner_ms: Pair
    call_core_us: float = Field(ge=0)
    shard_call_core_us: float = Field(ge=0)
    route_core_us: float = Field(ge=0)
    used_memory: float = Field(gt=0, le=1)
    used_disk: float = Field(gt=0, le=1)
    rewriting: float = Field(ge=1)
    reindexing: float = Field(ge=1)


class Fleet(_Part):
    """The table of machines and prices."""

    currency: str
    hours_per_month: float = Field(gt=0)
    snapshot_per_tb_month: float = Field(ge=0)
    machines: dict[str, Machine] = Field(min_length=1)
    assumed: Assumed

    @classmethod
    def read_from(cls, path: Path = SHIPPED) -> Fleet:
        """Raises SettingsError that names the entry which is wrong."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SettingsError(
                f"The table of prices {path} can't be read: {error.strerror}."
            ) from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"{path}, {place}: {first['msg']}.", field=place) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not TOML: {error}.") from None

    def machine(self, name: str, use: Use) -> Machine:
        """Raises InvalidRequest for a name that is not there, or not for this use."""
        fitting = [each for each, machine in self.machines.items() if use in machine.use]
        if name not in fitting:
            raise InvalidRequest(
                f"There is no machine '{name}' for the use '{use}' in the table of prices.",
                hint=f"There are: {', '.join(fitting) or 'none'}.",
                field=f"{use}_machine",
            )
        return self.machines[name]

    def named(self, use: Use) -> list[str]:
        """Machines for a use. Raises SettingsError where there is none."""
        fitting = [name for name, machine in self.machines.items() if use in machine.use]
        if not fitting:
            raise SettingsError(f"The table of prices has no machine for the use '{use}'.")
        return fitting
