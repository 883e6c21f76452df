"""Run the native code for 64-bit ARM beside NumPy, on an emulated processor.

``make test-arm``: Zig compiles the native code and ``driver.cpp`` for ARM, and QEMU's user mode
runs them on drawn layers, whose outputs are compared with those of the forward pass in NumPy.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from sklstm.networks import _numpy_forward

ROOT = Path(__file__).parents[2]
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33]


def a_layer(rng, n_samples, n_inputs, n_units, n_answers):
    """Draw a layer; return what the driver reads, and what NumPy gives."""
    n_steps = 6
    rows = rng.normal(size=(n_samples + n_steps, n_inputs)).astype(np.float32)
    start = np.arange(n_samples, dtype=np.int32)
    count = rng.integers(n_steps + 1, size=n_samples).astype(np.int32)
    scale = 1 / np.sqrt(n_inputs + n_units)
    shapes = [(n_inputs, 4 * n_units), (n_units, 4 * n_units), (4 * n_units,)]
    weights = [(scale * rng.normal(size=shape)).astype(np.float32) for shape in shapes]
    state = rng.normal(size=(2, n_samples, n_units)).astype(np.float32)
    dense = [
        (scale * rng.normal(size=shape)).astype(np.float32)
        for shape in [(n_units, n_answers), (n_answers,)]
    ]
    reverse = int(rng.integers(2))
    sizes = [n_samples, n_steps, len(rows), n_inputs, n_units, n_answers, reverse]
    written = [np.array(sizes, dtype=np.int64), rows, start, count, *weights, state, *dense]
    how = {"reverse": bool(reverse), "sequences": True}
    h, ends = _numpy_forward.lstm(rows, start, count, n_steps, weights, state, **how)
    return written, [*ends, h, _numpy_forward.dense(ends[0], *dense)]


def main() -> int:
    """Compile, run and compare; return the exit status."""
    sys.path.insert(0, str(ROOT))
    import ziglang

    import hatch_build

    emulator = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
    if emulator is None:
        sys.exit("There is no qemu-aarch64: apt install qemu-user-static")
    target = hatch_build.TARGETS["linux-aarch64"]
    zig = Path(ziglang.__file__).parent / "zig"
    sources = [*hatch_build.FILES.items()]
    csrc = ROOT / hatch_build.SOURCES
    rng = np.random.default_rng(0)
    drawn = [a_layer(rng, *(int(size) for size in rng.choice(SIZES, size=4))) for _ in range(200)]
    with tempfile.TemporaryDirectory() as folder:
        compiler = [str(zig), "c++", *target.flags, *hatch_build.FLAGS, f"-I{csrc}"]
        objects = []
        for layer, source in sources:
            objects.append(str(Path(folder, f"{layer}.o")))
            named = f"-DSKLSTM_FUNCTIONS={layer}_baseline"
            subprocess.run([*compiler, named, "-c", csrc / source, "-o", objects[-1]], check=True)
        program = str(Path(folder, "driver"))
        own = [str(csrc / "interface.cpp"), str(Path(__file__).with_name("driver.cpp"))]
        # Static: there is no system for that processor here.
        static = ["-target", "aarch64-linux-musl", "-static"]
        subprocess.run([*compiler, *static, *own, *objects, "-o", program], check=True)
        given, found = Path(folder, "given"), Path(folder, "found")
        with given.open("wb") as file:
            for written, _ in drawn:
                for array in written:
                    file.write(array.tobytes())
        subprocess.run([emulator, program, given, found], check=True)
        outputs = np.fromfile(found, np.float32)
    expected = np.concatenate([array.ravel() for _, arrays in drawn for array in arrays])
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-6)
    print(f"{len(drawn)} layers on {target.machine}: {np.abs(outputs - expected).max():.1e} apart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
