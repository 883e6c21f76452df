"""The types that a file may hold beside those that skops trusts by itself."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect

import sklearn.metrics
import sklearn.model_selection

# All that the state of our fitted objects consists of; docs/user_guide/saving.md lists the same.
OWN_TYPES = (
    "sklstm.compose._transformed_target.TransformedTargetClassifier",
    "sklstm.estimators._auto.Choices",
    "sklstm.estimators._auto.Form",
    "sklstm.estimators._classifier.LSTMClassifier",
    "sklstm.estimators._forecaster.LSTMForecaster",
    "sklstm.forecasting._conformal.ConformalForecaster",
    "sklstm.metrics._label_scorer._LabelScorer",
    "sklstm.model_selection._panel_split.PanelTimeSeriesSplit",
    "sklstm.networks._patches.PatchSpec",
    "sklstm.networks._spec.NetworkSpec",
    "sklstm.preprocessing._calendar.Rule",
    "sklstm.preprocessing._clock.Clock",
    "sklstm.preprocessing._history.TimedRows",
    "sklstm.preprocessing._kmeans_labeler.KMeansLabeler",
    "sklstm.preprocessing._padder.Padder",
    "sklstm.preprocessing._sequence_windower.SequenceWindower",
    "sklstm.preprocessing._to_3d.To3D",
    "sklstm.targets._past.PastOfTarget",
    "sklstm.targets._seasons.Seasons",
    "sklstm.targets._target_layout.TargetLayout",
    "sklstm.targets._target_transform.TargetTransform",
    "sklstm.targets._wall_clock.WallClock",
    "sklstm.training._fit.Fit",
    "sklstm.training._fitted_network.FittedNetwork",
    "sklstm.training._input_transform.InputTransform",
    "sklstm.training._length.Length",
    "sklstm.training._trained.Trained",
    "sklstm.utils._plain_state.Plain",
)


def types_of_scikit_learn() -> set[str]:
    """Name what searches of scikit-learn hold: splitters, scorers, metrics.

    Returns
    -------
    set of str
        Full names of classes and functions.
    """
    names = {
        "sklearn.metrics._scorer._MultimetricScorer",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
    }
    for name in sklearn.model_selection.__all__:
        # Not getattr, which would refuse the experimental ones.
        item = vars(sklearn.model_selection).get(name)
        if inspect.isclass(item) and hasattr(item, "get_n_splits"):
            names.add(f"{item.__module__}.{item.__name__}")
    for name in sklearn.metrics.__all__:
        item = getattr(sklearn.metrics, name)
        if inspect.isfunction(item):
            names.add(f"{item.__module__}.{item.__name__}")
    return names


def trusted_types(further=()) -> set[str]:
    """Name all types that are trusted beside those of skops.

    Parameters
    ----------
    further : list of str, default=()
        What the caller trusts.

    Returns
    -------
    set of str
        Full names.
    """
    if isinstance(further, str):
        raise TypeError(
            f"trusted must be a list of full names such as ['my_module.MyScaler'], got "
            f"{further!r}; put it into a list."
        )
    wrong = [name for name in further if not isinstance(name, str)]
    if wrong:
        raise TypeError(
            f"trusted must be a list of full names such as ['my_module.MyScaler'], got "
            f"{wrong[0]!r} in it."
        )
    return {*OWN_TYPES, *types_of_scikit_learn(), *further}


def import_skops():
    """Import skops, which is optional."""
    try:
        import skops.io
    except ImportError as error:
        raise ImportError(
            'sklstm.save and sklstm.load need skops: pip install "skops>=0.16", or install '
            'sklstm with the extra "save".'
        ) from error
    return skops.io
