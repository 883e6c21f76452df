"""Weights of classes that make sense."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np


def check_class_weight(class_weight, classes: np.ndarray, present: np.ndarray) -> None:
    """Refuse weights that cannot weigh the classes of y.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        As in the constructor.
    classes : ndarray of shape (n_classes,)
        The labels.
    present : ndarray of shape (n_present,)
        Those that `y` holds.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, if the dict names other classes than `y`, or if
        nothing keeps a weight.
    """
    if not isinstance(class_weight, dict):
        return
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise ValueError(
                f"class_weight must give each class a finite weight of 0 or more; got {weight!r} "
                f"for class {label!r}."
            )
    known = classes.tolist()
    absent = [label for label in known if label not in class_weight]
    others = [label for label in class_weight if label not in known]
    # A fold may lack a class; but a class without a weight beside a weight without a class is
    # another name for it.
    if absent and (others or not class_weight):
        raise ValueError(
            f"class_weight names {list(class_weight)}, which are not the classes of y, {known}: it "
            f"has no weight for {absent}, and {others} are not in y."
        )
    if not any(float(class_weight.get(label, 1)) for label in present.tolist()):
        raise ValueError(
            f"class_weight gives every class of y a weight of 0: nothing is left to learn from "
            f"{present.tolist()}."
        )
