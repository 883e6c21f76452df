"""Tell dates that are written as text or as whole numbers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re

import numpy as np
import pandas as pd

# Two separators, or one and four digits: neither "step-1" nor "10-11".
_DATE = re.compile(
    r"\d{1,4}[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ,]+\d{1,4}|\d{4}[-/.]\d{1,2}$|\d{1,2}[-/.]\d{4}$"
    r"|[A-Za-z]{3,9}[-/. ]+\d{1,2},? +\d{4}|\d{4}-?[Qq]\d$|(19|20)\d{6}$"
)
_SAMPLE = 20


def text_that_reads_as_dates(values) -> str | None:
    """Find text that reads as a date or a time of a date.

    Parameters
    ----------
    values : array-like of shape (n,)
        Text, or anything else.

    Returns
    -------
    str or None
        The first of the values, if each of some spread over them reads as a date.
    """
    values = pd.Series(np.asarray(values, dtype=object)).dropna()
    values = values.iloc[np.unique(np.linspace(0, len(values) - 1, _SAMPLE).astype(int))]
    if not len(values) or not all(isinstance(v, str) and _DATE.match(v.strip()) for v in values):
        return None
    # Text as 13/01/2025 is a date in one order of day and month or the other.
    for day_first in (False, True):
        dates = pd.to_datetime(
            values, errors="coerce", format="mixed", dayfirst=day_first, utc=True
        )
        if dates.notna().all():
            return str(values.iloc[0])
    return None


def numbers_that_read_as_dates(numbers: np.ndarray) -> bool:
    """Tell whether whole numbers are dates as 20260131, or months as 202601.

    Parameters
    ----------
    numbers : ndarray of int of shape (n,)
        The numbers.

    Returns
    -------
    bool
        Also False where they count on as dates do, within a month or a year.
    """
    return _are_dates(numbers, of_months=False) or _are_dates(numbers * 100 + 1, of_months=True)


def _are_dates(numbers, *, of_months):
    low, high = 19_000_101, 21_001_231
    if not len(numbers) or not low <= numbers[0] <= high:
        return False
    years, rest = np.divmod(numbers, 10_000)
    months, days = np.divmod(rest, 100)
    if not ((years >= 1900) & (years <= 2100) & (months >= 1) & (months <= 12)).all():
        return False
    if not ((days >= 1) & (days <= 31)).all():
        return False
    # What counts on without a jump is a clock by itself.
    changing = years if of_months else years * 12 + months
    return bool(changing.min() < changing.max())
