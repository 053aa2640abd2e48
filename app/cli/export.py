"""binocle export MODEL --to DIR"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, errors, human_bytes, output, print_json
from core.errors import EncoderError, InvalidRequest

if TYPE_CHECKING:
    from training.export.export import Told
    from training.export.origin import Origin
    from training.export.report import ExportReport


class Precision(StrEnum):
    """Those of training.export.precision, which can't be imported without PyTorch."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


def export(
    model: Annotated[
        str,
        typer.Argument(help="A run, a model's folder, st:HUB_ID or open_clip:ARCH/PRETRAINED."),
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The bundle's directory, new or empty.")],
    precision: Annotated[
        Precision, typer.Option(help="How numbers are kept; less is smaller and less exact.")
    ] = Precision.FP32,
    calibration_images: Annotated[
        Path | None,
        typer.Option(help="Folder of images like those to be searched: to calibrate, to compare."),
    ] = None,
    nested: Annotated[
        str | None,
        typer.Option(help="Prefixes useful on their own, as 64,128 [the run's recipe]."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The bundle's name [the model's].")] = None,
    version: Annotated[str, typer.Option(help="The bundle's version.")] = "1",
    licence: Annotated[
        str | None, typer.Option(help="Of the weights [what the model's card says].")
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace a bundle; keep one that drifts or was refused."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a bundle of a model: what is served everywhere, without PyTorch, as bundle:DIR."""
    dims = _dims(nested)
    with _training_extra():
        from training.export.origin import allowed, origin_of

    origin = origin_of(model)
    notes = allowed(origin, force=force)
    with errors.status("Loading the model", spinner="line") as status:
        report = _exported(
            origin,
            to,
            precision=precision,
            calibration_images=calibration_images,
            nested=dims,
            name=name,
            version=version,
            licence=licence,
            force=force,
            notes=notes,
            told=lambda what: status.update(escape(what)),
        )
    if as_json:
        print_json(report.as_json())
        return
    _tell(report)


def _exported(
    origin: Origin,
    to: Path,
    *,
    precision: Precision,
    calibration_images: Path | None,
    nested: tuple[int, ...] | None,
    name: str | None,
    version: str,
    licence: str | None,
    force: bool,
    notes: tuple[str, ...],
    told: Told,
) -> ExportReport:
    from encoders.sentence.loading import load_model
    from encoders.sentence.opening import licence_of
    from training.export.destination import check_destination
    from training.export.export import Wishes, export_bundle

    check_destination(to, force=force)  # before a large model is loaded for nothing
    wishes = Wishes(
        name=name or origin.name,
        version=version,
        licence=licence or licence_of(origin.spec),
        origin=origin.spec,
        precision=precision.value,
        calibration_images=calibration_images,
        nested_dims=origin.nested_dims if nested is None else nested,
        calibration=origin.calibration,
        card=origin.card,
        force=force,
        notes=notes,
    )
    return export_bundle(load_model(origin.spec, device="cpu"), to, wishes, told)


def _dims(nested: str | None) -> tuple[int, ...] | None:
    if nested is None:
        return None
    try:
        return tuple(int(part) for part in nested.split(",") if part.strip())
    except ValueError:
        raise InvalidRequest(
            f"--nested is '{nested}'.", hint="Write numbers of dimensions, as in --nested 64,128."
        ) from None


@contextmanager
def _training_extra() -> Iterator[None]:
    """Says which package is missing, and keeps the libraries' bars off the terminal."""
    try:
        import onnx  # noqa: F401
        import torch  # noqa: F401
        from transformers.utils import logging

        yield
    except ModuleNotFoundError as error:
        raise EncoderError(
            f"Export needs packages that are not installed ({error.name}).",
            hint="Run: pip install 'binocle[train]'",
        ) from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _tell(report: ExportReport) -> None:
    table = Table("Tower", "Kept as", "Least cosine", "Mean", "One alone", "PyTorch", box=None)
    for tower, method in report.methods.items():
        found, fast = report.drift[tower], report.speed[tower]
        table.add_row(
            tower,
            escape(method),
            f"{found.least:.5f}",
            f"{found.mean:.5f}",
            f"{fast.bundle_ms:,.1f} ms",
            f"{fast.torch_ms:,.1f} ms",
        )
    output.print(table)
    size = f"{human_bytes(report.bytes)} (PyTorch: {human_bytes(report.torch_bytes)})"
    compared = f"{escape(report.pictures)} and {report.drift['text'].count} texts"
    output.print(
        f"{escape(report.name)} {escape(report.version)}: {report.dim} dimensions, {size}. "
        f"Cosines are to PyTorch's vectors of {compared}.",
        soft_wrap=True,
    )
    for note in report.notes:
        output.print(escape(note), style="dim", soft_wrap=True)
    output.print(f"Use it as encoder [bold]bundle:{escape(str(report.directory))}[/].")
