"""Compile the native code when the package is built; without a compiler, do without."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path("sklstm/networks/csrc")
LIBRARY = SOURCES / "sklstm_native.so"
# The operations of TensorFlow stand in a library of their own, which needs the other one.
OPERATIONS = SOURCES / "sklstm_tensorflow.so"
FLAGS = [
    *("-O3", "-std=c++17", "-fPIC", "-fopenmp", "-ffp-contract=fast"),
    *("-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-Wno-psabi"),
]
# What computes, by the name of its functions.
FILES = {"lstm": "lstm_layer.cpp", "dense": "dense_layer.cpp", "patch": "patch_layout.cpp"}
# It is compiled once for each instruction set; which one runs is decided when it is loaded.
INSTRUCTION_SETS = {
    "x86_64": {
        "avx2": ["-mavx2", "-mfma"],
        "avx512": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mfma"],
    },
    "aarch64": {"baseline": []},
}
# Set to 0, nothing is compiled; set to 1, it is an error if that fails.
SWITCH = "SKLSTM_BUILD_NATIVE"


class NativeBuildHook(BuildHookInterface):
    """Compiles ``sklstm/networks/csrc`` into one shared library beside its sources.

    It needs a C++17 compiler on Linux, and nothing of Python or TensorFlow. Where that fails the
    wheel is a pure one, and the library computes on TensorFlow's own operations.
    """

    def initialize(self, version, build_data):
        """Compile, and say what the wheel is good for."""
        if self.target_name != "wheel":
            return
        if version == "editable":
            # A library from older sources would be worse than none.
            for library in (LIBRARY, OPERATIONS):
                Path(self.root, library).unlink(missing_ok=True)
        wanted = os.environ.get(SWITCH, "auto")
        if wanted == "0":
            return
        try:
            compile_native(Path(self.root))
        except (OSError, RuntimeError) as error:
            if wanted == "1":
                raise
            self.app.display_warning(
                f"The native code of sklstm was not compiled ({error}). Everything works "
                "without it, more slowly."
            )
            return
        build_data["pure_python"] = False
        build_data["artifacts"] += [LIBRARY.as_posix(), OPERATIONS.as_posix()]
        name = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{name}"


def compile_native(
    root: Path,
    library: Path = LIBRARY,
    operations: Path = OPERATIONS,
    more_flags: Sequence[str] = (),
) -> None:
    """Compile the native code.

    Parameters
    ----------
    root : Path
        The root of the project.
    library, operations : Path
        Where the libraries go, absolute or from the root.
    more_flags : sequence of str, default=()
        Further flags for the compiler and the linker.

    Raises
    ------
    RuntimeError
        If this is no machine to compile it on, or the compiler fails.
    """
    if sys.platform != "linux" or platform.machine() not in INSTRUCTION_SETS:
        raise RuntimeError(f"there are none for {sys.platform} on {platform.machine()}")
    compiler = shlex.split(os.environ.get("CXX", "")) or [find_compiler()]
    with tempfile.TemporaryDirectory() as scratch:
        flags_of_all = [*FLAGS, *more_flags]
        jobs = [(name, f"{name}.cpp", []) for name in ("interface", "tensorflow_ops")]
        for name, flags in INSTRUCTION_SETS[platform.machine()].items():
            for layer, source in FILES.items():
                named = [*flags, f"-DSKLSTM_FUNCTIONS={layer}_{name}"]
                jobs.append((f"{layer}_{name}", source, named))
        objects = {name: Path(scratch, f"{name}.o") for name, _, _ in jobs}
        run_all(
            [*compiler, *flags_of_all, *flags, "-c", str(root / SOURCES / source), "-o", str(to)]
            for (_, source, flags), to in zip(jobs, objects.values(), strict=True)
        )
        adapter_object = objects.pop("tensorflow_ops")
        native, adapter = Path(scratch, library.name), Path(scratch, operations.name)
        link = [*compiler, *more_flags, "-shared", "-fopenmp", "-Wl,-rpath,$ORIGIN", "-o"]
        own_name = f"-Wl,-soname,{native.name}"
        run_all([[*link, str(native), own_name, *map(str, objects.values())]])
        run_all([[*link, str(adapter), str(adapter_object), str(native), "-ldl"]])
        # In one step, for a process that has the old one loaded.
        for linked, to in ((native, root / library), (adapter, root / operations)):
            shutil.copy(linked, f"{to}.new")
            os.replace(f"{to}.new", to)


def find_compiler() -> str:
    """Return the first C++ compiler on the path."""
    for name in ("c++", "g++", "clang++"):
        found = shutil.which(name)
        if found:
            return found
    raise RuntimeError("there is no C++ compiler: neither c++ nor g++ nor clang++")


def run_all(commands) -> None:
    """Run commands side by side, and fail with what the first one that fails has to say."""
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    for process in running:
        _, errors = process.communicate()
        if process.returncode != 0:
            for other in running:
                other.kill()
            raise RuntimeError(f"{shlex.join(process.args)} failed: {errors.strip()[-2000:]}")
