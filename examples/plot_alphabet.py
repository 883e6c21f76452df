"""
=====================================
The alphabet, framed in seven ways
=====================================

Which letter comes next? It is the smallest task on which an LSTM can be understood, and well known
from tutorials. A letter is its number, divided by 26, and the networks and settings are those of
the tutorials. What changes is the framing: what a sample is, what its steps are, what the network
is allowed to remember, and when it forgets.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, Padder, To3D, generate, stream

LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
CODES = np.arange(26) / 26
SETTINGS = {"learning_rate": 0.001, "normalize_X": False, "random_state": 7}

# Twenty-five letters, each with a label of its own, look to scikit-learn like a regression.
warnings.filterwarnings("ignore", message="The number of unique classes")

results = {}


def note(name, accuracy):
    results[name] = accuracy
    print(f"{name}: {accuracy:.0%}", flush=True)


# %%
# 1. One letter, the next one
# ---------------------------
# One step, one feature. There is nothing to remember, and the network has to learn a table of 25
# entries through a single number: it does not get all of them.

one_letter, next_letter = CODES[:-1, None], LETTERS[1:]
model = make_pipeline(
    To3D(layout="features"), LSTMClassifier(units=32, epochs=500, batch_size=1, **SETTINGS)
)
note("one letter", model.fit(one_letter, next_letter).score(one_letter, next_letter))

# %%
# 2. and 3. Three letters: as features, as steps
# ----------------------------------------------
# The same table, read in two ways. As three features of one step the letters are three numbers that
# the network sees at once; as three steps they are a sequence, which is what an LSTM is made for.

three_letters = np.column_stack([CODES[:-3], CODES[1:-2], CODES[2:-1]])
fourth = LETTERS[3:]
for layout in ("features", "steps"):
    model = make_pipeline(
        To3D(layout=layout), LSTMClassifier(units=32, epochs=500, batch_size=1, **SETTINGS)
    )
    note(
        f"three letters as {layout}", model.fit(three_letters, fourth).score(three_letters, fourth)
    )

# %%
# 4. A myth: the state within a batch
# -----------------------------------
# It is often said that Keras keeps the state from sample to sample within a batch, and that a batch
# of all letters in order is therefore learned so well. It does not: every sample of a batch has a
# state of its own, which begins at 0. The proof: in shuffled batches the network learns just as
# well. What made the difference were ten times as many epochs.

for shuffle in (False, True):
    model = make_pipeline(
        To3D(layout="features"),
        LSTMClassifier(units=16, epochs=5000, batch_size=25, shuffle=shuffle, **SETTINGS),
    )
    order = "shuffled" if shuffle else "in order"
    accuracy = model.fit(one_letter, next_letter).score(one_letter, next_letter)
    note(f"one batch of all, {order}, ten times the epochs", accuracy)

# %%
# 5. A state that flows
# ---------------------
# Now the letters are moments of one series: the state goes from each to the next, and back to 0 at
# each epoch. The network no longer needs to recognise the letter, it can count.

flowing = LSTMClassifier(units=50, epochs=300, stateful=True, bptt_steps=1, **SETTINGS)
flowing.fit(one_letter, next_letter)
note("stateful", flowing.score(one_letter, next_letter))


def recite(model, start, n):
    """Feed the network its own answers."""
    answers = generate(
        model, start, n, feedback=lambda letter: CODES[np.flatnonzero(letter == LETTERS)]
    )
    return "".join(answers)


k = CODES[10:11, None]
recited = recite(flowing, CODES[:1, None], 25)
print(f"  from A: A{recited}")
print(f"  from K, cold: {recite(flowing, k, 5)} (a network that counts begins at B)")
warm = stream(flowing).warm_up(CODES[:10, None])
print(f"  from K, warmed up with A to J: {recite(warm, k, 5)}")

# %%
# 6. What a state does not survive
# --------------------------------
# Shuffled rows have no past worth remembering. And a state that is never put back to 0 begins each
# pass where the last one ended: the same letter means another count each time. (Here the passes
# are one long series, which is the only way to get such a fit; the library resets by itself.)

order = np.random.default_rng(0).permutation(25)
shuffled = LSTMClassifier(units=50, epochs=300, stateful=True, bptt_steps=1, **SETTINGS)
shuffled.fit(one_letter[order], next_letter[order])
note("stateful, rows shuffled", shuffled.score(one_letter, next_letter))
endless = LSTMClassifier(units=50, epochs=1, stateful=True, bptt_steps=1, **SETTINGS)
endless.fit(np.tile(one_letter, (300, 1)), np.tile(next_letter, 300))
note("stateful, never reset", endless.score(one_letter, next_letter))

# %%
# 7. Sequences of any length
# --------------------------
# All substrings of up to five letters, 115 of them. Padded with 0, "A", which is 0, and nothing
# would be the same; `Padder` pads with NaN, which the network skips. A letter is a column of its
# own here (one-hot), and twenty epochs are enough.

one_hot = np.eye(26)
substrings = [
    one_hot[begin : begin + length] for length in range(1, 6) for begin in range(26 - length)
]
following = np.array([LETTERS[begin + n] for n in range(1, 6) for begin in range(26 - n)])
model = make_pipeline(
    Padder(),
    LSTMClassifier(units=32, epochs=20, batch_size=1, normalize_X=False, random_state=7),
)
model.fit(substrings, following)
note(f"{len(substrings)} substrings of up to five letters", model.score(substrings, following))

# %%
# All of them
# -----------

table = pd.Series(results)
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
bars = axes.barh(table.index[::-1], table[::-1], color="tab:blue")
axes.bar_label(bars, [f"{accuracy:.0%}" for accuracy in table[::-1]], padding=3)
axes.set(xlim=(0, 1.1), xlabel="letters that are right", title="Which letter comes next?")
axes.spines[["top", "right"]].set_visible(False)
figure.savefig("plot_alphabet.png", dpi=120)
print("The plot is in plot_alphabet.png.")
plt.show()
