"""Read the files in ``sklstm/datasets/data``."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from importlib.resources import files

import pandas as pd


def read_data(name: str, time: str) -> pd.DataFrame:
    """Read a packed CSV file of this package, with its column of times as UTC timestamps.

    Parameters
    ----------
    name : str
        Name of the file in ``sklstm/datasets/data``, ending in ``.csv.gz``.
    time : str
        Name of the column of ISO 8601 times. They are read as UTC.

    Returns
    -------
    DataFrame
        The columns of the file in their order; a new object at each call.
    """
    # The resource may be in a zip file, which has no path: pass the open stream to pandas.
    with (files("sklstm.datasets") / "data" / name).open("rb") as stream:
        table = pd.read_csv(stream, compression="gzip")
    table[time] = pd.to_datetime(table[time], format="ISO8601", utc=True)
    return table
