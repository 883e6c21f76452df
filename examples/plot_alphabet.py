"""
=====================================
The alphabet as seven different tasks
=====================================

Which letter comes next? This is the smallest task that shows how an LSTM works, well known from
tutorials. Each letter is coded as its number divided by 26, and the networks and settings are those
of the tutorials. What changes is the shape of the input: what a sample is, what its steps are, what
the network can remember, and when its state is reset.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, Padder, To3D, generate, stream

LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
CODES = np.arange(26) / 26
SETTINGS = {
    "plain": True,
    "learning_rate": 0.001,
    "normalize_X": False,
    "random_state": 7,
}

# Twenty-five letters with as many labels look like a regression to scikit-learn.
warnings.filterwarnings("ignore", message="The number of unique classes")

results = {}


def note(name, accuracy):
    results[name] = accuracy
    print(f"{name}: {accuracy:.0%}", flush=True)


# %%
# 1. One letter, the next one
# ---------------------------
# One step, one feature. The network has nothing to remember. It must learn a table of 25 entries
# from a single number, and misses some of them.

one_letter, next_letter = CODES[:-1, None], LETTERS[1:]
model = make_pipeline(
    To3D(layout="features"),
    LSTMClassifier(units=32, epochs=500, batch_size=1, **SETTINGS),
)
note(
    "one letter", model.fit(one_letter, next_letter).score(one_letter, next_letter)
)

# %%
# 2. and 3. Three letters: as features, as steps
# ----------------------------------------------
# The same table, read in two ways. As three features of one step, the network sees the three
# letters at once. As three steps they are a sequence, which is what an LSTM is made for.

three_letters = np.column_stack([CODES[:-3], CODES[1:-2], CODES[2:-1]])
fourth = LETTERS[3:]
for layout in ("features", "steps"):
    model = make_pipeline(
        To3D(layout=layout),
        LSTMClassifier(units=32, epochs=500, batch_size=1, **SETTINGS),
    )
    note(
        f"three letters as {layout}",
        model.fit(three_letters, fourth).score(three_letters, fourth),
    )

# %%
# 4. A myth: the state within a batch
# -----------------------------------
# It is often said that Keras carries the state from sample to sample within a batch, and that this
# is why a batch of all letters in order is learned so well. It does not: every sample of a batch
# has its own state, which starts at 0. The proof: the network learns just as well in shuffled
# batches. The difference comes from ten times as many epochs.

for shuffle in (False, True):
    model = make_pipeline(
        To3D(layout="features"),
        LSTMClassifier(
            units=16, epochs=5000, batch_size=25, shuffle=shuffle, **SETTINGS
        ),
    )
    order = "shuffled" if shuffle else "in order"
    accuracy = model.fit(one_letter, next_letter).score(one_letter, next_letter)
    note(f"one batch of all, {order}, ten times the epochs", accuracy)

# %%
# 5. A stateful network
# ---------------------
# Now the letters are consecutive time steps of one series. The network carries its state from each
# to the next, and resets it to 0 in each epoch. It need not recognise the letter: it can count.

stateful = LSTMClassifier(
    units=50, epochs=300, stateful=True, bptt_steps=1, **SETTINGS
)
stateful.fit(one_letter, next_letter)
note("stateful", stateful.score(one_letter, next_letter))


def recite(model, start, n):
    """Feed the predictions of the network back as its input."""
    letters = generate(
        model,
        start,
        n,
        feedback=lambda letter: CODES[np.flatnonzero(letter == LETTERS)],
    )
    return "".join(letters)


k = CODES[10:11, None]
recited = recite(stateful, CODES[:1, None], 25)
print(f"  from A: A{recited}")
print(
    f"  from K, cold: {recite(stateful, k, 5)} (a network that counts starts at B)"
)
warm = stream(stateful).warm_up(CODES[:10, None])
print(f"  from K, warmed up with A to J: {recite(warm, k, 5)}")

# %%
# 6. When a state does not help
# -----------------------------
# Shuffled rows have no past to remember. And a state that is never reset to 0 starts each pass
# where the last one ended, so that the same letter has another count each time. (Here all passes
# are one long series, the only way to get such a fit: the library resets the state in each epoch.)

order = np.random.default_rng(0).permutation(25)
shuffled = LSTMClassifier(
    units=50, epochs=300, stateful=True, bptt_steps=1, **SETTINGS
)
shuffled.fit(one_letter[order], next_letter[order])
note("stateful, rows shuffled", shuffled.score(one_letter, next_letter))
endless = LSTMClassifier(
    units=50, epochs=1, stateful=True, bptt_steps=1, **SETTINGS
)
endless.fit(np.tile(one_letter, (300, 1)), np.tile(next_letter, 300))
note("stateful, never reset", endless.score(one_letter, next_letter))

# %%
# 7. Sequences of any length
# --------------------------
# All 115 substrings of up to five letters. Padding with 0 could not be told from "A", which is 0;
# `Padder` pads with NaN, which the network skips. Here each letter is a column (one-hot), and
# twenty epochs are enough.

one_hot = np.eye(26)
substrings = [
    one_hot[first : first + length]
    for length in range(1, 6)
    for first in range(26 - length)
]
following = np.array(
    [LETTERS[first + n] for n in range(1, 6) for first in range(26 - n)]
)
model = make_pipeline(
    Padder(),
    LSTMClassifier(
        plain=True,
        units=32,
        epochs=20,
        batch_size=1,
        normalize_X=False,
        random_state=7,
    ),
)
model.fit(substrings, following)
note(
    f"{len(substrings)} substrings of up to five letters",
    model.score(substrings, following),
)

# %%
# All accuracies
# --------------

table = pd.Series(results)
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
bars = axes.barh(table.index[::-1], table[::-1], color="tab:blue")
axes.bar_label(bars, [f"{accuracy:.0%}" for accuracy in table[::-1]], padding=3)
axes.set(xlim=(0, 1.1), xlabel="accuracy", title="Which letter comes next?")
axes.spines[["top", "right"]].set_visible(False)
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_alphabet.png", dpi=120)
plt.show()

# %%
# What to try next
# ----------------
# - When a state helps on real data: :doc:`plot_live_labels`.
# - Sequences of different lengths: :doc:`plot_ragged_activities`.
