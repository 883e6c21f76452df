"""Import TensorFlow without the lines that it writes about the machine."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import faulthandler
import os
import re
import sys
import tempfile
from contextlib import contextmanager

# Set to anything, this variable asks TensorFlow for its lines.
_ASKS = "TF_CPP_MIN_LOG_LEVEL"
_LOGS_OFF = "3"
# Lines of TensorFlow's logs: severity, date, time, thread, file. Some go on in a second line.
_OF_TENSORFLOW = re.compile(
    rb"[IWE]\d{4} \d\d:\d\d|\d{4}-\d\d-\d\d [\d:.]+: [IWE] |To enable the following instructions"
    rb"|WARNING: All log messages before absl::InitializeLog"
)


def import_tensorflow() -> None:
    """Import Keras and TensorFlow, and silence what TensorFlow writes about the machine.

    Before its logs are set up, TensorFlow writes to the error stream whatever its settings are, so
    the stream of the process is held back while it is imported; what others write meanwhile
    follows. Its logs then stay off, as some of their errors are none; what goes wrong is raised as
    well. Nothing is done if TensorFlow is imported already, or if ``TF_CPP_MIN_LOG_LEVEL`` is set.
    """
    if "tensorflow" in sys.modules or _ASKS in os.environ:
        return
    # TensorFlow reads the variable once, at its first line; child processes must not find it.
    os.environ[_ASKS] = _LOGS_OFF
    try:
        with _without_lines_of_tensorflow():
            import keras  # noqa: F401 (imported for what it does)

            if "tensorflow" in sys.modules:
                # To look for devices is the last thing that writes such lines.
                sys.modules["tensorflow"].config.list_physical_devices()
    finally:
        del os.environ[_ASKS]


@contextmanager
def _without_lines_of_tensorflow():
    """Hold the error stream back; write the rest of it at the end, or all of it after an error."""
    try:
        stream = os.dup(2)
    except OSError:
        # There is none.
        yield
        return
    with tempfile.TemporaryFile() as held:
        # Should the process crash, the stream still says where.
        reports_crashes = not faulthandler.is_enabled()
        if reports_crashes:
            faulthandler.enable(file=stream)
        os.dup2(held.fileno(), 2)
        keeps_all = True
        try:
            yield
            keeps_all = False
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(stream, 2)
            if reports_crashes:
                faulthandler.disable()
            os.close(stream)
            held.seek(0)
            for line in held:
                if keeps_all or not _OF_TENSORFLOW.match(line):
                    os.write(2, line)
