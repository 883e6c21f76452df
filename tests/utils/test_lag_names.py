"""Tests of what the names of columns say about lags."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import pytest

from sklstm.utils._lag_names import order_of_lags, warn_of_lag_names


@pytest.mark.parametrize(
    ("names", "order", "others"),
    [
        (["lag_1", "lag_2", "lag_3"], "newest_first", []),
        (["lag1", "lag2", "dayofweek"], "newest_first", ["dayofweek"]),
        (["lag3", "lag2", "lag1"], "oldest_first", []),
        (["north_lag_1", "north_lag_7", "south_lag_1", "south_lag_7"], "newest_first", []),
        (["a_lag2", "b_lag2", "a_lag1", "b_lag1"], "oldest_first", []),
        # Names that do not tell: one lag, none, mixed, or words that only look like it.
        (["lag_1", "price"], None, ["price"]),
        (["price", "sold"], None, ["price", "sold"]),
        (["lag1", "lag3", "lag2"], None, []),
        (["flag_1", "flag_2"], None, ["flag_1", "flag_2"]),
        (["rolling_mean_lag1_window_size7", "lag1", "lag2"], "newest_first", None),
    ],
)
def test_the_order_is_read_from_names(names, order, others):
    found, rest = order_of_lags(names)
    assert found == order
    assert rest == (["rolling_mean_lag1_window_size7"] if others is None else others)


def test_only_what_contradicts_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_lag_names(["lag_1", "lag_2"], "newest_first", "")
        warn_of_lag_names(["price", "sold"], "oldest_first", "")
        warn_of_lag_names(["lag_1", "lag_2", "e"], "newest_first", "", columns_are_steps=False)
    with pytest.warns(UserWarning, match=r"'lag_1', 'lag_2', 'lag_3', \.\.\., 'lag_9', newest"):
        warn_of_lag_names([f"lag_{k}" for k in range(1, 10)], "oldest_first", "")
    with pytest.warns(UserWarning, match="so does 'promo', whose name tells no lag"):
        warn_of_lag_names(["lag_1", "lag_2", "promo"], "newest_first", "")
