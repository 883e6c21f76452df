"""What the docstrings of both estimators say alike, written once."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from textwrap import indent

_BLOCKS = {
    "layers": """\
units : int or tuple of int, default=32
    Width of the LSTM layer, or of each of several stacked layers from the input to the output.
patch_size : int or "auto", default="auto"
    Time steps that the LSTM reads as one input, a patch; {patch_stride}. Patches are counted back
    from the end of the window, and the oldest steps that fill none are left out. A patch without an
    observed step is skipped, as a missing step is; in one that is partly observed a missing step
    repeats the one before it in the window, or the first observed one. 1 reads step by step. "auto"
    is {auto_patch}.
bidirectional : bool or "auto", default="auto"
    Read each window backwards, too, and concatenate both directions. "auto" is {auto_directions}.
dropout : float or "auto", default="auto"
    Fraction of the outputs of each LSTM layer that is dropped in training. "auto" is
    {auto_dropout}.
recurrent_dropout : float, default=0.0
    Fraction of the state that is dropped inside the recurrence in training. Anything but 0 leaves
    the fast path: training then runs on Keras's own layers, several times slower.
return_sequences : bool, default=False
    Train on a {target} for every step, not for the last one alone. Windows of a
    :class:`~sklstm.preprocessing.SequenceWindower` take `y` of shape (n_samples,): each step of a
    window is trained on the {target} of the row whose window ends there, and the prediction of row
    *i* is that of its last step. Independent sequences take `y` of shape (n_samples, n_steps) and
    get predictions of that shape; {missing} is a step without a {target}.
stateful : bool, default=False
    Take the rows for consecutive time steps and carry the state from each to the next. It is 0 at
    the start of each series, of each epoch and of each prediction, where the windower's history, if
    there is any, comes first. Windows give the rows of their series and no more; two dimensions are
    the rows of one series; in three, each sample starts where the one before ended. Not with
    `bidirectional`.
bptt_steps : int, default=None
    With `stateful`, steps of a series between two updates, which is how far a gradient goes back.
    None is the length of the windows or samples, or 32 if they have one step.""",
    "training": """\
epochs : int or "auto", default="auto"
    Passes over the training windows. "auto" is as many as make {updates} updates, from 2 to
    {most_epochs}.
batch_size : int, default=32
    Windows in one update; with `stateful`, series side by side.
optimizer : str, type or keras.optimizers.Optimizer, default="adam"
    Name or class of a Keras optimizer, made with `learning_rate`. An instance is copied at each fit
    and brings its own learning rate.
learning_rate : float or "auto", default="auto"
    Step size of the optimizer. "auto" is {rate} divided by the square root of the number of
    updates, and at most 0.01.
learning_rate_schedule : {{"auto", "cosine", "linear", "exponential"}} or None, default="auto"
    How the learning rate falls from epoch to epoch, to a hundredth in the last one; None keeps it.
    "auto" is "cosine". An optimizer that is an instance keeps the rate or the schedule that it
    brings.
weight_decay : float or "auto", default="auto"
    Decoupled weight decay [{decay_reference}]_ of an optimizer that is a name or a class. "auto" is
    {auto_decay}.""",
    "stopping": """\
early_stopping : bool, default=False
    Hold out a part of the rows, stop when the loss on it has not improved for `n_iter_no_change`
    epochs, and restore the best weights. Windows of a
    :class:`~sklstm.preprocessing.SequenceWindower` hold out the last part in time and leave a gap
    before it, so that no target reaches into it; independent sequences hold out a random
    part{strata}.
validation_fraction : float, default=0.1
    Part of the rows held out by `early_stopping`, between 0 and 1, unless `validation` or `X_val`
    says what validates.
validation : splitter, list of (train, test) or None, default=None
    What `early_stopping` holds out: the first split of a splitter of scikit-learn, or of a list of
    pairs of positions of samples. Nothing is learned of the test part, nor of samples in neither
    part. A splitter reads the timestamps of windows from the index of its `X`, so that
    :class:`~sklstm.model_selection.PanelTimeSeriesSplit` splits them in time, and one that splits
    by groups takes the series (`by` of the windower) for groups. None is `validation_fraction`.
n_iter_no_change : int, default=10
    Epochs without improvement before `early_stopping` stops. It never stops before 200 updates,
    whatever this says: fewer teach a network next to nothing. An update is one batch: with 20
    batches in an epoch, 200 updates are ten epochs. A smaller `epochs` ends a fit earlier.
train_stride : int, default=1
    Train on every `train_stride`-th window of each series, in time. Windows one step apart say
    nearly the same, so a stride saves time at little loss. With `return_sequences` all labels are
    learned, each as often as its row is a step of these windows: once where the stride is the
    window.
shuffle : bool, default=True
    Draw a new order of the windows for each epoch; else they are taken as they come. With
    `stateful` it is the order of the series, never of their rows.
n_members : int or "auto", default="auto"
    Ensemble members: networks to train from different initial weights, whose predictions are
    averaged. "auto" is {auto_members}. Without callbacks or a progress bar they are trained side by
    side, as many at a time as TensorFlow may use threads.
callbacks : list of keras.callbacks.Callback, default=None
    Copied before a fit, so that the estimator's own stay untouched. Each epoch is one batch to
    them. The copies that saw the fit are in `callbacks_`.
checkpoint : str or path-like, default=None
    A folder. After every epoch, `fit` keeps the state of the training in a folder of its own inside
    it; a fit with the same parameters and data that was interrupted or killed resumes from there,
    and ends with the same bits as an uninterrupted one. When it is done, it removes what it
    wrote. Each fit of a search has its own. `partial_fit` does not use it.
normalize_X : bool, default=True
    Standardise each feature on the training rows, and each view of it.
plain : bool, default=False
    Take {plain}, for every parameter that is left at "auto". So do `return_sequences` and
    `stateful`, which exclude patches.""",
    "lifecycle": """\
warm_start : bool, default=False
    Start from the weights of the last fit rather than from new ones.{warm_start}
random_state : int, RandomState instance or None, default=None
    Source of the initial weights, the order of the windows, dropout and random splits. An int gives
    the same bits every time, in threads and worker processes, too. None draws a fresh seed. No
    global generator is read or set.
verbose : int, default=0
    0 prints nothing, 1 a line for each network that is trained, with its units, epochs, seconds and
    last logs, 2 a line an epoch. `set_callbacks` with :class:`sklearn.callback.ProgressBar` shows
    the progress of whole pipelines and searches.""",
    "attributes": """\
history_ : pandas.DataFrame of shape (n_epochs, n_logs)
    Loss and metrics of each epoch.
keras_model_ : keras.Model
    The fitted network as a plain Keras model, built at each access.
network_ : FittedNetwork
    The fitted state, NumPy arrays and numbers: sizes, weights, scales and target transform.
n_iter_ : int
    Epochs of the last fit.
n_steps_in_ : int
    Steps of a sequence.
n_features_in_ : int
    Features of a step; for input of two dimensions, the number of its columns, which are steps.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the features, where the input had them.
callbacks_ : list of keras.callbacks.Callback
    Copies of `callbacks` that saw the fit, detached from the network.""",
    "raises": """\
ValueError
    In fit, if a step has some features missing but not all, if no step is observed, if the labels
    of steps are not as many as the steps, if the rows of a stateful fit are not in the order of
    time, if early stopping leaves nothing to train on, or if the training diverges, which stops it
    after that epoch and names it; in predict, if sequences have another
    shape than in fit.""",
}


def with_shared_docs(**words: str):
    """Write the shared parts of a docstring out, where it has lines such as ``[layers]``.

    Parameters
    ----------
    **words : str
        What differs from estimator to estimator, by its name in the shared parts.

    Returns
    -------
    callable
        Decorator of a class.
    """

    def write_out(cls):
        doc = cls.__doc__
        # Python strips docstrings when it is told to (-OO).
        for name, block in _BLOCKS.items() if doc else ():
            line = f"    [{name}]\n"
            assert line in doc, f"{cls.__name__} lacks {line!r}"
            doc = doc.replace(line, indent(block.format(**words), "    ") + "\n")
        cls.__doc__ = doc
        return cls

    return write_out
