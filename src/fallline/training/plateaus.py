"""Where along a descent the error stood still, for somebody who looks at the whole of it.

`plateau.py` tells whether the end of a run is one, and has to be certain; this tells where a curve looks flat.
"""

from __future__ import annotations

import numpy as np

from fallline.engine import Array

LEAST_RECORDS = 30
BINS, WINDOW = 60, 6  # a stretch is looked for in windows of a tenth of the run
BRIDGED = 3  # bins between two flat stretches, up to which they are one
SHARE = 0.05  # of the run's mean fall of the logarithm, below which a window is flat
LEAST_FALL = 1e-4  # of the logarithm within a window, which is flat whatever the rest of the run did
RISE = 4.0  # times what it may fall, that it may rise: beyond, it does not stand still either


def plateaus(iterations: Array, errors: Array) -> list[tuple[float, float]]:
    """Return the stretches over which the error stood still, as their first and last iterations.

    Flat is what loses, over a tenth of the iterations, less than a twentieth of what the logarithm of the error loses
    in such a time on the whole. So the answer does not depend on the unit of the error, nor on how long the run was.

    Parameters
    ----------
    iterations, errors
        One entry a record, (records,); errors that are not above 0 are left out, having no logarithm.
    """
    known = np.isfinite(errors) & (errors > 0.0)
    at, logs = iterations[known], np.log(errors[known])
    if len(at) < LEAST_RECORDS or at[-1] <= at[0]:
        return []
    edges = np.linspace(at[0], at[-1], BINS + 1)
    bounds = np.searchsorted(at, edges[1:-1], side="right")
    medians = np.array([np.median(part) if len(part) else np.nan for part in np.split(logs, bounds)])
    centres, there = 0.5 * (edges[:-1] + edges[1:]), ~np.isnan(medians)
    medians = np.interp(centres, centres[there], medians[there])
    allowed = max(SHARE * (medians.max() - medians.min()) * WINDOW / BINS, LEAST_FALL)
    falls = medians[:-WINDOW] - medians[WINDOW:]
    flat = np.flatnonzero((falls <= allowed) & (falls >= -RISE * allowed))
    if not len(flat):
        return []
    stretches = np.split(flat, np.flatnonzero(np.diff(flat) > WINDOW + BRIDGED) + 1)
    ends = [at[0], *centres[1:-1], at[-1]]
    return [(float(ends[each[0]]), float(ends[each[-1] + WINDOW])) for each in stretches]
