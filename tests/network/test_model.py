"""One file holds a model: it predicts the same bits anywhere, and what is no model is refused with a sentence."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fallline import Model, ModelFileError, Network
from fallline.data import prepare, read_table
from fallline.errors import DataError
from fallline.network.model import FORMAT, checksum

RNG = np.random.default_rng(6)
N = 40
TABLE = {
    "weight": RNG.normal(size=N) * 3.0 + 60.0,
    "town": np.array(["Rome", "Oslo", "Bern"])[RNG.integers(3, size=N)],
    "price": RNG.normal(size=N) * 1e4,
    "kind": np.array(["x", "y", "z"])[RNG.integers(3, size=N)],
    "sold": np.array(["no", "yes"])[RNG.integers(2, size=N)],
}
TASKS = {
    "price": ("identity", "mean_squared_error"),
    "kind": ("softmax", "categorical_cross_entropy"),
    "sold": ("sigmoid", "binary_cross_entropy"),
}


def names(folder="."):
    return sorted(path.name for path in Path(folder).iterdir())


def made(target="price", dtype="float64"):
    columns = {name: TABLE[name] for name in ("weight", "town", target)}
    preparation = prepare(read_table(columns), target=target).preparation
    output, loss = TASKS[target]
    shape = [preparation.inputs, 5, preparation.outputs]
    return Model(Network(shape, ["tanh", output], loss=loss, seed=2, dtype=dtype), preparation)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a model file."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    made().save(path)
    return path.read_bytes()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where files are written; it is the working directory, too."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path):
    with pytest.raises(ModelFileError) as refused:
        Model.load(path)
    return str(refused.value)


def sentence_or_model(path):
    """Return what a damaged file gives; anything else that is raised is a defect."""
    try:
        return Model.load(path)
    except ModelFileError as refused:
        return str(refused)


def parts(content):
    """Header (a dict) and data of a safetensors file."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def changed(content, *, seal=True, **said):
    """The same file saying something else (None leaves a key out), with the checksum that goes with it."""
    header, data = parts(content)
    about = json.loads(header["__metadata__"][FORMAT]) | said
    about = {key: value for key, value in about.items() if value is not None}
    if seal:
        about["checksum"] = checksum(about, np.frombuffer(data))
    header["__metadata__"][FORMAT] = json.dumps(about)
    return joined(header, data)


def loaded_from(path, content):
    path.write_bytes(content)
    return Model.load(path)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", TASKS)
def test_a_loaded_model_predicts_the_same_bits(target, dtype, place):
    model = made(target, dtype)
    model.save("model.safetensors")
    again = Model.load("model.safetensors")
    assert again.network.parameters.tobytes() == model.network.parameters.tobytes()
    assert again.network.parameters.dtype == dtype
    assert again.network.architecture == model.network.architecture
    assert again.preparation == model.preparation
    assert again.predict(TABLE).equals(model.predict(TABLE))


def test_the_same_model_gives_the_same_file_every_time(place):
    written = set()
    for _ in range(20):
        made().save("m.safetensors")
        written.add(Path("m.safetensors").read_bytes())
    assert len(written) == 1


def test_saving_a_loaded_model_gives_the_same_content(place):
    made().save("one.safetensors")
    Model.load("one.safetensors").save("two.safetensors")
    one, two = (parts(Path(name).read_bytes()) for name in ("one.safetensors", "two.safetensors"))
    assert one == two


def test_another_process_in_another_folder_predicts_the_same_bits(place):
    model = made("kind")
    model.save(place / "runs" / "model.safetensors")
    pl.DataFrame({"weight": TABLE["weight"], "town": TABLE["town"]}).write_csv(place / "rows.csv")
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    program = (
        "import sys; from fallline import Model\n"
        "frame = Model.load('../runs/model.safetensors').predict('../rows.csv')\n"
        "sys.stdout.write(frame.drop('kind').to_numpy().tobytes().hex() + ' ' + ','.join(frame['kind']))"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=elsewhere, capture_output=True, text=True, check=True)
    expected = model.predict("rows.csv")
    shares = expected.drop("kind").to_numpy().tobytes().hex()
    assert found.stdout == f"{shares} {','.join(expected['kind'])}"
    assert found.stderr == ""


def test_a_model_says_which_version_wrote_it(place, content):
    from fallline import __version__

    assert loaded_from(place / "m", content).written_by == __version__
    assert made().written_by == ""


def test_predictions_have_columns_in_the_targets_own_terms():
    numbers = made().predict(TABLE)
    assert numbers.columns == ["price"]
    shares = made("kind").predict(TABLE)
    assert shares.columns == ["kind", "P(x)", "P(y)", "P(z)"]
    np.testing.assert_allclose(shares.drop("kind").sum_horizontal().to_numpy(), 1.0, rtol=1e-12)


def test_unseen_categories_are_noted():
    notes = []
    made().predict({"weight": [60.0, 61.0], "town": ["Rome", "Lima"]}, notes)
    assert len(notes) == 1
    assert "Lima" in notes[0]


def test_a_missing_file_is_refused(place):
    assert refusal("runs/model.safetensors") == (
        "runs/model.safetensors: there is no such file. Name the model.safetensors of a run."
    )


def test_a_folder_is_refused(place):
    (place / "run").mkdir()
    assert refusal("run") == "run: a folder, not a model file. Name the model.safetensors inside it."


def test_an_empty_file_is_refused(place):
    (place / "m.safetensors").touch()
    assert refusal("m.safetensors") == "m.safetensors: the file is empty (0 bytes), not a model."


def test_a_name_that_is_too_long_is_refused(place):
    assert refusal("m" * 300).endswith("cannot be read: File name too long.")


def test_a_file_that_may_not_be_read_is_refused(place, monkeypatch):
    def denied(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    made().save("m.safetensors")
    monkeypatch.setattr("safetensors.safe_open", denied)
    assert refusal("m.safetensors") == "m.safetensors: cannot be read: Permission denied."


def test_every_truncation_is_refused(place, content):
    path = place / "m.safetensors"
    ends = {*range(1, 24), *range(24, len(content), 61), *range(len(content) - 20, len(content))}
    for end in sorted(ends):
        path.write_bytes(content[:end])
        sentence = refusal(path)
        assert sentence.startswith("m.safetensors: not a model file, or a damaged or truncated one (")
        assert sentence.endswith(f"; {end:,} bytes). Name the model.safetensors that `fallline train` wrote.")


def test_bytes_at_the_end_are_refused(place, content):
    (place / "m").write_bytes(content + b"\0")
    assert "not a model file, or a damaged or truncated one" in refusal("m")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_gives_a_sentence_or_a_model_that_predicts(place, content, data):
    position = data.draw(st.integers(0, len(content) - 1), label="position")
    value = data.draw(st.integers(0, 255), label="value")
    flipped = content[:position] + bytes([value]) + content[position + 1 :]
    path = place / "m.safetensors"
    path.write_bytes(flipped)
    model = sentence_or_model(path)
    if isinstance(model, str):
        assert model.startswith("m.safetensors: ")
        return
    with np.errstate(all="ignore"), contextlib.suppress(DataError):  # a name that was changed is missed in the table
        model.predict({name: TABLE[name] for name in ("weight", "town")})


@pytest.mark.parametrize("part", ["weights", "preparation"])
def test_a_number_that_was_changed_is_refused(part, place, content):
    position = len(content) - 3 if part == "weights" else content.index(b"target_scales") + 25
    old = content[position]
    (place / "m").write_bytes(
        content[:position] + bytes([old + 1 if old != ord("9") else old - 1]) + content[position + 1 :]
    )
    assert "damaged" in refusal("m")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=200))
def test_random_bytes_are_refused(place, noise):
    path = place / "m.safetensors"
    path.write_bytes(noise)
    assert refusal(path).startswith("m.safetensors: not a model file, or a damaged or truncated one (")


FOREIGN = (
    "m.safetensors: a safetensors file, but not a Fallline model. "
    "Name the model.safetensors that `fallline train` wrote."
)


def test_a_foreign_safetensors_file_is_refused(place):
    safetensors.numpy.save_file({"weight": np.zeros(3)}, "m.safetensors")
    assert refusal("m.safetensors") == FOREIGN
    safetensors.numpy.save_file({"weight": np.zeros(3)}, "m.safetensors", metadata={"format": "pt"})
    assert refusal("m.safetensors") == FOREIGN


@pytest.mark.parametrize("version", [2, 99])
def test_a_future_format_is_refused_with_the_way_out(version, place, content):
    (place / "m").write_bytes(changed(content, format_version=version, fallline_version="9.1.0"))
    assert refusal("m") == (
        f"m: written in model format {version} by Fallline 9.1.0; this version reads formats up to 1. "
        "Update Fallline (pip install -U fallline)."
    )


@pytest.mark.parametrize("key", ["shape", "activations", "loss", "preparation"])
def test_metadata_that_lacks_a_key_is_refused(key, place, content):
    (place / "m").write_bytes(changed(content, **{key: None}))
    assert refusal("m") == f"m: the model file is damaged: it lacks '{key}'."


def test_metadata_without_a_version_is_refused(place, content):
    (place / "m").write_bytes(changed(content, fallline_version=None))
    assert refusal("m") == "m: the model file is damaged: it lacks 'fallline_version'."


def test_a_file_without_a_checksum_is_refused(place, content):
    header, data = parts(content)
    about = json.loads(header["__metadata__"][FORMAT])
    del about["checksum"]
    header["__metadata__"][FORMAT] = json.dumps(about)
    (place / "m").write_bytes(joined(header, data))
    assert refusal("m") == "m: the model file is damaged: it lacks 'checksum'."


def test_metadata_that_was_changed_does_not_fit_the_checksum(place, content):
    (place / "m").write_bytes(changed(content, seal=False, loss="huber"))
    assert refusal("m") == "m: the model file is damaged: its content does not fit its checksum."
    assert loaded_from(place / "m", changed(content, loss="huber")).network.architecture.loss == "huber"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("{", "not a model file, or a damaged or truncated one ("),
        ("[" * 100_000, "not a model file, or a damaged or truncated one ("),
        ("[1, 2]", "the model file is damaged: it does not say what it is."),
        ("null", "the model file is damaged: it does not say what it is."),
        ("{}", "the model file is damaged: it lacks 'checksum'."),
    ],
    ids=["cut off", "too deep", "a list", "nothing", "empty"],
)
def test_metadata_that_is_no_object_is_refused(told, sentence, place, content):
    header, data = parts(content)
    header["__metadata__"][FORMAT] = told
    (place / "m").write_bytes(joined(header, data))
    assert refusal("m").startswith(f"m: {sentence}")


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (
            {"shape": [4, 4, 1]},
            "parameters: expected a vector of 25 numbers for shape [4, 4, 1], got an array of shape (31,).",
        ),
        (
            {"shape": [2]},
            "shape [2]: expected at least two sizes of 1 or more, "
            "the first for the inputs and the last for the outputs, such as [2, 3, 1].",
        ),
        ({"activations": ["tanh"]}, "activations: expected 2 names, one for each layer of shape [4, 5, 1], got 1."),
        ({"shape": [1, 10, 1]}, "network and preparation do not fit."),
    ],
)
def test_metadata_that_does_not_fit_is_refused(metadata, sentence, place, content):
    (place / "m").write_bytes(changed(content, **metadata))
    assert refusal("m") == f"m: the model file is damaged: {sentence}"


@pytest.mark.parametrize("key", ["shape", "activations", "loss", "preparation", "format_version", "checksum"])
@pytest.mark.parametrize(
    "value",
    [5, -1, [], {}, "x", [None], [[1]], True, 1.5, [1e9, 2], [4.0, 5.0, 1.0], ["4", 5, 1], [np.inf, 5, 1]],
)
def test_metadata_of_any_other_type_gives_a_sentence_or_a_model(key, value, place, content):
    (place / "m").write_bytes(changed(content, seal=key != "checksum", **{key: value}))
    found = sentence_or_model("m")
    if isinstance(found, str):
        assert found.startswith("m: ")
    else:
        assert key == "format_version" or value == [4.0, 5.0, 1.0]
        found.predict(TABLE)


@pytest.mark.parametrize("dtype", ["F16", "I64", "U8", "BF16", "F8_E4M3"])
def test_parameters_of_another_type_are_refused(dtype, place, content):
    header, data = parts(content)
    size = {"BF16": 2, "F16": 2, "I64": 8, "U8": 1, "F8_E4M3": 1}[dtype]
    header["parameters"] |= {"dtype": dtype, "data_offsets": [0, 31 * size]}
    (place / "m").write_bytes(joined(header, data[: 31 * size]))
    assert refusal("m").startswith("m: ")


def test_a_file_without_parameters_is_refused(place, content):
    header, data = parts(content)
    header["weights"] = header.pop("parameters")
    (place / "m").write_bytes(joined(header, data))
    assert refusal("m") == "m: the model file is damaged: it has no parameters."


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value, place):
    model = made()
    model.network.parameters[3] = value
    model.save("m.safetensors")
    assert refusal("m.safetensors").startswith("m.safetensors: the model file is damaged: ")


def test_writing_over_a_file_that_fails_keeps_the_old_one(place, content, monkeypatch):
    (place / "m.safetensors").write_bytes(content)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        made("kind").save("m.safetensors")
    assert (place / "m.safetensors").read_bytes() == content
    assert names(place) == ["m.safetensors"]


def test_writing_over_a_file_replaces_it_whole(place, content):
    (place / "m.safetensors").write_bytes(content)
    made("kind").save("m.safetensors")
    assert Model.load("m.safetensors").preparation.targets == ("kind",)
    assert names(place) == ["m.safetensors"]
