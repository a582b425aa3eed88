"""Real tables, trained as `fallline train` trains them by default, on different splits."""

from __future__ import annotations

import numpy as np
from fallline.diagnosis.runs.finished import subject_of_run
from sklearn import datasets

from fallline.diagnosis.subject import Subject
from fallline.training.settings import Settings
from fallline.training.training import train

ACCEPTED: tuple[str, ...] = ()
TABLES = ("iris", "wine", "diabetes", "breast_cancer", "linnerud")


def make(rng: np.random.Generator) -> Subject:
    """Return the run of one table with a split and first weights of its own."""
    name = str(rng.choice(TABLES))
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    seed = int(rng.integers(1 << 30))
    keep = rng.choice(len(frame), int(rng.uniform(0.7, 1.0) * len(frame)), replace=False)
    target = "Weight" if name == "linnerud" else "target"
    drop = ["Waist", "Pulse"] if name == "linnerud" else []
    if name in ("iris", "wine", "breast_cancer"):
        frame = frame.assign(target=frame["target"].map("class {}".format))
    settings = Settings(
        target=target, drop=drop, seed=seed, refit=False, time_limit=15.0, hidden=[int(rng.integers(4, 17))]
    )
    return subject_of_run(train(frame.iloc[keep].reset_index(drop=True), settings, save=False))
