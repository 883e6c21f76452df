"""Label my recordings: python label_recordings.py recordings.csv labels.csv."""

import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMClassifier, Padder, load, save

RECORDING, TIME, LABEL, PERSON = "recording", "time", "activity", "person"
SENSORS = ["x", "y", "z"]
STEP = "100ms"  # one row each tenth of a second
SOURCE, RESULT = sys.argv[1:3]

# Dates from text with any UTC offset. A slip of the clock goes to the nearest step.
rows = pd.read_csv(SOURCE)
rows[TIME] = pd.to_datetime(rows[TIME], format="ISO8601", utc=True).dt.round(STEP)
rows = rows.drop_duplicates([RECORDING, TIME], keep="last")

# An array (steps, sensors) for each recording; a gap becomes missing steps.
each = rows.sort_values(TIME).groupby(RECORDING)
arrays = [own.set_index(TIME)[SENSORS].asfreq(STEP).to_numpy() for _, own in each]
about = each[[LABEL, PERSON]].first()
is_known = about[LABEL].notna().to_numpy()
X = [array for array, known in zip(arrays, is_known, strict=True) if known]
new = [array for array, known in zip(arrays, is_known, strict=True) if not known]
y, person = about.loc[is_known, LABEL].to_numpy(), about.loc[is_known, PERSON]
lengths = [len(array) for array in X]
print(f"{len(X)} labelled recordings of {min(lengths)} to {max(lengths)} steps")

# A simple method: mean and spread of each sensor. A person is never in both parts.
folds = StratifiedGroupKFold(3)
table = [np.r_[np.nanmean(array, axis=0), np.nanstd(array, axis=0)] for array in X]
simple = make_pipeline(StandardScaler(), LogisticRegression())
score = cross_val_score(simple, table, y, groups=person, cv=folds).mean()
print(f"accuracy of mean and spread: {score:.2f}")

# Tune.
model = make_pipeline(Padder(), LSTMClassifier(random_state=0))
search = GridSearchCV(model, {"lstmclassifier__units": [16, 32]}, cv=folds)
search.fit(X, y, groups=person)
print(f"accuracy of the LSTM: {search.best_score_:.2f}, {search.best_params_}")

# Save, load, and label the recordings that have no label, with probabilities.
save(search.best_estimator_, "activities.sklstm")
model = load("activities.sklstm")
labels = pd.DataFrame({LABEL: model.predict(new)}, index=about.index[~is_known])
labels[model.classes_] = model.predict_proba(new).round(3)
labels.to_csv(RESULT)
