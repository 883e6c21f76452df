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
from dataclasses import dataclass
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path("sklstm/networks/csrc")
LIBRARY = SOURCES / "sklstm_native.so"
# The operations of TensorFlow stand in a library of their own, which needs the other one.
OPERATIONS = SOURCES / "sklstm_tensorflow.so"
FLAGS = [
    *("-O3", "-std=c++17", "-fPIC", "-ffp-contract=fast", "-fno-exceptions", "-fno-rtti"),
    *("-fvisibility=hidden", "-Wno-psabi", "-Wno-unknown-pragmas"),
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
# Names one of TARGETS; CXX must then be Zig's compiler. Without it, it is this machine.
TARGET_SWITCH = "SKLSTM_BUILD_TARGET"


@dataclass(frozen=True)
class Target:
    """A platform to compile for.

    Parameters
    ----------
    machine : str
        Its kind of processor, of `INSTRUCTION_SETS`.
    tag : str
        The platform in the name of the wheel.
    flags : tuple of str
        Further flags of the compiler and the linker.
    suffix : str, default="so"
        How the names of libraries end.
    has_operations : bool, default=True
        Whether TensorFlow's operations are compiled. Elsewhere networks train on TensorFlow's own
        and predict in native code.
    """

    machine: str
    tag: str
    flags: tuple[str, ...]
    suffix: str = "so"
    has_operations: bool = True


# They are compiled on any machine, by Zig, which has no OpenMP: they use one thread.
TARGETS = {
    "linux-aarch64": Target(
        "aarch64",
        "manylinux_2_17_aarch64.manylinux2014_aarch64",
        ("-target", "aarch64-linux-gnu.2.17"),
    ),
    "macos-arm64": Target(
        "aarch64", "macosx_11_0_arm64", ("-target", "aarch64-macos.11.0"), has_operations=False
    ),
    "macos-x86_64": Target(
        "x86_64", "macosx_11_0_x86_64", ("-target", "x86_64-macos.11.0"), has_operations=False
    ),
    "windows-x86_64": Target(
        "x86_64", "win_amd64", ("-target", "x86_64-windows-gnu"), "dll", has_operations=False
    ),
}


def this_machine() -> Target:
    """Describe the machine that compiles.

    Returns
    -------
    Target
        Linux on a processor with native code.

    Raises
    ------
    RuntimeError
        On any other machine.
    """
    if sys.platform != "linux" or platform.machine() not in INSTRUCTION_SETS:
        raise RuntimeError(f"there is none for {sys.platform} on {platform.machine()}")
    tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return Target(platform.machine(), tag, ("-fopenmp",))


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
            target_name = os.environ.get(TARGET_SWITCH)
            target = TARGETS[target_name] if target_name else this_machine()
            # What is for another machine stays out of the tree.
            to = Path(tempfile.mkdtemp()) if target_name else Path(self.root, SOURCES)
            libraries = compile_native(Path(self.root), target, to)
        except (OSError, RuntimeError) as error:
            if wanted == "1":
                raise
            self.app.display_warning(
                f"The native code of sklstm was not compiled ({error}). Everything works "
                "without it, more slowly."
            )
            return
        build_data["pure_python"] = False
        build_data["force_include"] |= {
            str(library): (SOURCES / library.name).as_posix() for library in libraries
        }
        build_data["tag"] = f"py3-none-{target.tag}"


def compile_native(
    root: Path, target: Target, to: Path, more_flags: Sequence[str] = ()
) -> list[Path]:
    """Compile the native code.

    Parameters
    ----------
    root : Path
        The root of the project.
    target : Target
        What to compile for.
    to : Path
        The folder that the libraries go to.
    more_flags : sequence of str, default=()
        Further flags for the compiler and the linker.

    Returns
    -------
    list of Path
        The libraries.

    Raises
    ------
    RuntimeError
        If the compiler fails, or if there is none.
    """
    compiler = shlex.split(os.environ.get("CXX", "")) or [find_compiler()]
    compiler += [*target.flags, *more_flags]
    with tempfile.TemporaryDirectory() as scratch:
        jobs = [("interface", "interface.cpp", [])]
        for name, flags in INSTRUCTION_SETS[target.machine].items():
            for layer, source in FILES.items():
                named = [*flags, f"-DSKLSTM_FUNCTIONS={layer}_{name}"]
                jobs.append((f"{layer}_{name}", source, named))
        if target.has_operations:
            jobs.append(("tensorflow_ops", "tensorflow_ops.cpp", []))
        objects = {name: Path(scratch, f"{name}.o") for name, _, _ in jobs}
        run_all(
            [*compiler, *FLAGS, *flags, "-c", str(root / SOURCES / source), "-o", str(into)]
            for (_, source, flags), into in zip(jobs, objects.values(), strict=True)
        )
        adapter_object = objects.pop("tensorflow_ops", None)
        native = Path(scratch, f"{LIBRARY.stem}.{target.suffix}")
        linked = [native]
        link = [*compiler, "-shared"]
        own_name = [f"-Wl,-soname,{native.name}"] if target.has_operations else []
        run_all([[*link, "-o", str(native), *own_name, *map(str, objects.values())]])
        if adapter_object is not None:
            adapter = Path(scratch, OPERATIONS.name)
            parts = [str(adapter_object), str(native), "-Wl,-rpath,$ORIGIN", "-ldl"]
            run_all([[*link, "-o", str(adapter), *parts]])
            linked.append(adapter)
        for library in linked:
            # In one step, for a process that has the old one loaded.
            shutil.copy(library, to / f"{library.name}.new")
            os.replace(to / f"{library.name}.new", to / library.name)
        return [to / library.name for library in linked]


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
