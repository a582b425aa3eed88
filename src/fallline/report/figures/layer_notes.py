"""What has to be said beside every figure of the layers: their names, and what was looked at."""

from __future__ import annotations

from fallline.report.figures.layer_course import LayerCourse
from fallline.report.figures.material import Material


def layer_names(material: Material) -> list[str]:
    """Return "layer 1 (tanh)" and so on; the last is the output's."""
    names = material.subject.network.architecture.activations
    return [
        f"{'output' if i == len(names) else f'layer {i}'} ({activation})" for i, activation in enumerate(names, start=1)
    ]


def notes_of(course: LayerCourse) -> list[str]:
    """Return on how many weights and rows the figure rests."""
    notes = []
    if not course.whole:
        notes.append("Of this run only the first weights and those at the stop are kept.")
    if course.rows < course.of_rows:
        notes.append(f"Computed on {course.rows:,} of {course.of_rows:,} training rows, drawn at random.")
    return notes
