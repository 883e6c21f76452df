"""Run the tests of the C interface on libraries that check their memory and their arithmetic.

``make test-native``: for each instruction set of this processor it compiles the native code with
the address and undefined-behaviour sanitizers of the compiler, and runs
``tests/networks/test_interface.py`` on it, in a process of its own.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = "tests/networks/test_interface.py"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1"]
CODE = """
import sys, pathlib, pytest
from sklstm.networks import _native
_native.LIBRARY = pathlib.Path(sys.argv[1])
found = _native.load_native().sklstm_instruction_set().decode()
if sys.argv[2] not in ("", found):
    sys.exit(f"{sys.argv[2]} was asked for, and {found} runs")
options = ["-q", "-m", "not slow", "-p", "no:cacheprovider", "--noconftest"]
sys.exit(pytest.main([sys.argv[3], *options]))
"""


def main() -> int:
    """Compile and test; return the exit status."""
    sys.path.insert(0, str(ROOT))
    import hatch_build

    compiler = hatch_build.find_compiler()
    # The second one is there for exceptions in other libraries.
    runtimes = [
        subprocess.check_output([compiler, f"-print-file-name={name}"], text=True).strip()
        for name in ("libasan.so", "libstdc++.so")
    ]
    with tempfile.TemporaryDirectory() as folder:
        target = hatch_build.this_machine()
        library, *_ = hatch_build.compile_native(ROOT, target, Path(folder), SANITIZERS)
        for instruction_set in ("", "avx2"):
            print(f"instruction set: {instruction_set or 'the best'}", flush=True)
            environment = {
                "LD_PRELOAD": " ".join(runtimes),
                # Python itself leaves memory to the end of the process.
                "ASAN_OPTIONS": "detect_leaks=0",
                "SKLSTM_INSTRUCTION_SET": instruction_set,
            }
            done = subprocess.run(
                [sys.executable, "-c", CODE, str(library), instruction_set, TESTS],
                cwd=ROOT,
                env=os.environ | environment,
                check=False,
            )
            if done.returncode != 0:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
