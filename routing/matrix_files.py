"""Matrices in `.npz` files: looked at before they are unpacked, so that no file can eat the memory."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import Fault
from routing.problem import Matrix

HEADER_BYTES = 4096  # room for an .npy header
WIDEST_CELL_BYTES = 8
ARRAYS = ("distance_m", "duration_s")


def read_npz(folder: Path, name: str, size: int) -> Matrix | Fault:
    """Read both (size, size) arrays from `name`, a file of `folder` itself; a fault says what is wrong with it."""
    if PurePath(name).name != name or name in {"", ".", ".."}:
        return Fault("npz", repr(name), "the bare name of a file beside the problem")
    path = folder / name
    largest = HEADER_BYTES + WIDEST_CELL_BYTES * size * size
    try:
        with zipfile.ZipFile(path) as archive:
            for array in ARRAYS:
                found = archive.getinfo(f"{array}.npy").file_size
                if found > largest:
                    return Fault(f"npz {name}:{array}", f"{found} bytes", f"a ({size}, {size}) int32 array")
        with np.load(path, allow_pickle=False) as arrays:
            return Matrix(*(as_int32(arrays[array]) for array in ARRAYS))
    except KeyError as error:
        return Fault(f"npz {name}", f"no array {error}", "arrays distance_m and duration_s")
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        return Fault(f"npz {name}", str(error), "a readable .npz file of numpy")


def as_int32(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers as int32; anything else (NaN, fractions, text) as it is, for the validation to name."""
    limits = np.iinfo(np.int32)
    if values.dtype.kind in "iuf" and values.size and np.isfinite(values).all():
        whole = np.array_equal(np.rint(values), values)
        if whole and values.min() >= limits.min and values.max() <= limits.max:
            return values.astype(np.int32)
    return values
