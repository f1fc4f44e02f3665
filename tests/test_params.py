import re
import shutil
from pathlib import Path

import pytest

from lcgan.errors import UserError
from lcgan.params import flatten, load
from lcgan.scale import choose

FILE = Path(__file__).resolve().parent.parent / "params.yaml"


def _tree(*overrides):
    return flatten(load(FILE, overrides).model_dump(by_alias=True))


IMPOSSIBLE = [
    ("train_gan.lcgan.iterations=2399", "train_gan.lcgan.checkpoints", "beyond the last iteration"),
    ("train_gan.sgan.checkpoints=[]", "train_gan.sgan.checkpoints", "at least one"),
    ("train_gan.sgan.checkpoints=[3000, 1500]", "train_gan.sgan.checkpoints", "ascending"),
    ("train_gan.sgan.checkpoints=[3000, 3000]", "train_gan.sgan.checkpoints", "each once"),
    ("train_gan.lcgan.batch_size=0", "train_gan.lcgan.batch_size", "greater than 0"),
    ("train_gan.lcgan.dropout=1", "train_gan.lcgan.dropout", "less than 1"),
    ("train_gan.lcgan.real_label=[1, 0.9]", "train_gan.lcgan.real_label", "above the upper"),
    ("train_gan.lcgan.n_generated=999", "train_gan.lcgan.n_generated", "fewer than Data sets 4"),
    ("datasets.data_set_1.O=324", "datasets.data_set_1.O", "not less than data_set_2.O (323)"),
    ("datasets.data_set_3.O=322", "datasets.data_set_3.O", "cannot hold data_set_2.O (323)"),
    ("datasets.early_stop_fraction=1", "datasets.early_stop_fraction", "less than 1"),
    ("score_gan.nu=1.01", "score_gan.nu", "less than or equal to 1"),
    ("datasets.data_set_4.F=10000; score_gan.nu=0.2", "score_gan.nu", "at most 0.182"),
    ("score_gan.gamma=fine", "score_gan.gamma", "scale, auto or a number above 0"),
    ("score_gan.gamma=0", "score_gan.gamma", "scale, auto or a number above 0"),
    ("score_gan.choose_by=[]", "score_gan.choose_by", "at least 1"),
    ("score_gan.choose_by=[gan_test]", "score_gan.choose_by.0", "'precision'"),
    ("score_gan.n_compared=7", "score_gan.n_compared", "greater than or equal to 8"),
    (
        "train_classifier.checkpoints.sgan=[7]",
        "train_classifier.checkpoints.sgan",
        "7 is not among",
    ),
    ("train_classifier.checkpoints.sgan=[]", "train_classifier.checkpoints.sgan", "at least one"),
    ("train_classifier.repeats=0", "train_classifier.repeats", "greater than 0"),
    ("train_classifier.blocks=9", "train_classifier.blocks", "less than or equal to 8"),
    ("validate.standardisation=zscore", "validate.standardisation", "'norm' or 'minmax'"),
    ("validate.flux_range=[1, 0]", "validate.flux_range", "above the upper"),
    ("validate.flux_range=[1]", "validate.flux_range.1", "Field required"),
    ("ingest.source=../elsewhere", "ingest.source", "should match pattern"),
    ("ingest.max_masked_fraction=-0.1", "ingest.max_masked_fraction", "greater than or equal to 0"),
    ("observe.snr.range=[0, 3]", "observe.snr.range", "above zero"),
    ("observe.throughput.nodes=[[3700, 1]]", "observe.throughput.nodes", "cover 3700"),
    ("observe.ebv.median.O=-1", "observe.ebv.median.O", "greater than 0"),
    ("register.arms=[]", "register.arms", "at least 1"),
    ("register.arms=[best]", "register.arms.0", "'none_as_is'"),
    ("study.forms=[]", "study.forms", "at least 1"),
    ("study.forms=[lcgan, lcgan]", "study.forms", "each once"),
    ("study.forms=[best]", "study.forms.0", "'none_as_is'"),
    ("study.other_gans.checkpoints=[2, 1]", "study.other_gans.checkpoints", "ascending"),
    ("study.few.n_o=[9]", "study.few.n_o.0", "greater than or equal to 10"),
    ("study.ablation.networks=[deep]", "study.ablation.networks.0", "'no_attention'"),
    ("train_classifier.making.mixup_alpha=0", "train_classifier.making.mixup_alpha", "greater"),
    ("study.seeds=0", "study.seeds", "greater than 0"),
    ("study.workers=0", "study.workers", "greater than 0"),
    ("study.checkpoints.lcgan=[7]", "study.checkpoints.lcgan", "7 is not among train_gan.lcgan"),
    ("study.checkpoints.sgan=[]", "study.checkpoints.sgan", "at least one"),
    ("study.checkpoints.sgan=[1000, 1000]", "study.checkpoints.sgan", "each once"),
    ("fetch.connections=17", "fetch.connections", "less than or equal to 16"),
    ("fetch.rate=0", "fetch.rate", "greater than 0"),
    ("fetch.attempts=0", "fetch.attempts", "greater than or equal to 1"),
    ("fetch.wait=[0, 10]", "fetch.wait", "no wait"),
    ("fetch.wait=[9, 1]", "fetch.wait", "above the upper"),
    ("fetch.timeout.read=0", "fetch.timeout.read", "greater than 0"),
    ("study.checkpoints.sgan=some", "study.checkpoints", "`all` or a list of GAN iterations"),
    ("seed=-1", "seed", "greater than or equal to 0"),
    ("seed=1.5", "seed", "integer"),
    ("seed=.nan", "seed", "finite"),
    ("observe.workers=true", "observe.workers", "true is neither"),
    ("scale=huge", "scale", "'huge' is not one of default, paper"),
    ("report.samples=3", "report.samples", "unknown key; known here are n_samples"),
    ("report.n_samples=[1", "report.n_samples", "is not a value in YAML"),
    ("report.n_samples", "report.n_samples", "dotted.key=value"),
]


@pytest.mark.parametrize("override, key, reason", IMPOSSIBLE, ids=[row[0] for row in IMPOSSIBLE])
def test_an_impossible_value_is_refused_in_one_line_that_names_its_key(override, key, reason):
    with pytest.raises(UserError) as caught:
        load(FILE, [override])
    message = str(caught.value)
    assert "\n" not in message
    assert re.search(rf"(^|[ :]){re.escape(key)}(:| )", message), message
    assert reason in message


def test_an_unknown_or_missing_key_of_the_file_is_named(tmp_path):
    path = tmp_path / "params.yaml"
    text = FILE.read_text()
    path.write_text(text.replace("  n_samples:", "  n_smaples:"))
    with pytest.raises(UserError, match=r"report\.n_smaples: unknown key"):
        load(path)
    path.write_text(text.replace("  patience:", "  # patience:"))
    with pytest.raises(UserError, match=r"train_classifier\.patience: Field required"):
        load(path)
    path.write_text(text.replace("  n_samples:", "  extra: 1\n  n_samples:"))
    with pytest.raises(UserError, match=r"report\.extra: unknown key"):
        load(path)
    path.write_text(text.replace("      repeats: 10", "      repeat: 10"))
    with pytest.raises(UserError, match=r"scales\.paper: train_classifier\.repeat: unknown key"):
        load(path, ["scale=paper"])


@pytest.mark.parametrize(
    "content, reason",
    [("a: [1", "not YAML"), ("", "empty"), ("seed: 1\n", "scale: None is not one of")],
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path, content, reason):
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(UserError, match=reason):
        load(tmp_path / "params.yaml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path / "params.yaml")


def test_overrides_lie_over_the_scale_and_over_the_file():
    params = load(
        FILE, ["scale=paper", "train_classifier.repeats=4;seed=7", "datasets.held_out.F=9"]
    )
    assert (params.scale, params.seed) == ("paper", 7)
    assert params.train_classifier.repeats == 4
    assert params.datasets.held_out == {"F": 9, "G": 1000, "K": 1000}
    assert params.train_classifier.max_epochs == 100  # the paper's scale, not overridden


def test_an_override_without_a_value_changes_nothing():
    assert _tree("seed=", "", "train_gan.lcgan.checkpoints= ; scale=") == _tree()


def test_both_scales_are_valid_and_differ_in_numbers_only():
    default, paper = _tree("scale=default"), _tree("scale=paper")
    assert list(default) == list(paper)
    differ = {key for key in default if default[key] != paper[key]} - {"scale"}
    assert "train_gan.sgan.iterations" in differ
    for key in differ:
        ours, theirs = ([v] if not isinstance(v, list) else v for v in (default[key], paper[key]))
        assert {type(value) for value in [*ours, *theirs]} == {int}, key


def test_the_tiny_scale_is_valid_and_registers_under_a_name_of_its_own():
    default, tiny = load(FILE, ["scale=default"]), load(FILE, ["scale=tiny"])
    assert tiny.train_gan.lcgan.iterations < default.train_gan.lcgan.iterations
    assert tiny.register_.model_name != default.register_.model_name
    assert load(FILE, ["scale=paper"]).register_ == default.register_


def test_the_default_keeps_data_sets_1_to_4_at_the_papers_size():
    default, paper = load(FILE, ["scale=default"]), load(FILE, ["scale=paper"])
    for name in ("data_set_1", "data_set_2", "data_set_3", "data_set_4"):
        assert getattr(default.datasets, name) == getattr(paper.datasets, name)
    assert default.datasets.data_set_1 == {"O": 150}
    assert default.datasets.data_set_2 == {"O": 323}
    assert default.datasets.data_set_3 == {"O": 1000, "F": 1000}
    assert set(paper.datasets.data_set_5.values()) == {10000}
    assert (
        min(len(gan.checkpoints) for gan in (default.train_gan.lcgan, default.train_gan.sgan)) >= 4
    )
    assert default.train_classifier.repeats >= 3


def test_checkpoints_of_a_gan_that_is_not_studied_are_not_checked():
    params = load(FILE, ["study.forms=[none_as_is, lcgan]; study.checkpoints.sgan=[7]"])
    assert params.study.checkpoints["lcgan"] == "all"


def test_parameters_cannot_be_changed_once_read():
    params = load(FILE)
    with pytest.raises(ValueError, match="frozen"):
        params.seed = 1


def test_choosing_a_scale_changes_one_word_of_the_file(tmp_path):
    path = Path(shutil.copy(FILE, tmp_path))
    assert choose("paper", path) == "paper"
    before, after = FILE.read_text().splitlines(), path.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(changed[0][0], changed[0][0].replace("scale: default", "scale: paper"))]
    assert choose("", path) == "paper"
    assert choose("default", path) == "default"
    assert path.read_text() == FILE.read_text()


def test_a_scale_that_is_unknown_or_has_no_line_leaves_the_file_alone(tmp_path):
    path = Path(shutil.copy(FILE, tmp_path))
    with pytest.raises(UserError, match="'big' is not one of default, paper"):
        choose("big", path)
    assert path.read_text() == FILE.read_text()
    path.write_text(FILE.read_text().replace("\nscale: default", "\n'scale': default"))
    with pytest.raises(UserError, match="no single line"):
        choose("paper", path)


@pytest.mark.parametrize(
    ("overrides", "blamed"),
    [
        (["train_classifier.repeats=0"], "--set: train_classifier.repeats: "),
        (["seed=-1"], "--set: seed: "),
        (["scale=big"], "--set: scale: 'big' is not one of default, paper, tiny"),
        (["train_gan.lcgan.iterations=20"], "--set: train_gan.lcgan.checkpoints: 2400 lies beyond"),
        (["report.n_samples=yes"], "--set: report.n_samples: true is neither"),
        (["train_gan.sgan.checkpoints=[1000, 4000]"], "--set: train_classifier.checkpoints.sgan: "),
        (["ingest.workers=1", "seed="], "{file}: report.n_samples: "),
    ],
)
def test_what_is_wrong_is_blamed_on_who_said_it(tmp_path, overrides, blamed):
    """The command line, or the file."""
    file = FILE
    if blamed.startswith("{file}"):
        file = tmp_path / "params.yaml"
        file.write_text(FILE.read_text().replace("n_samples: 5", "n_samples: 0"))
    with pytest.raises(UserError) as error:
        load(file, overrides)
    assert str(error.value).startswith(blamed.format(file=file))


def test_a_night_is_a_folder_though_yaml_has_it_as_a_number():
    assert load(FILE, ["ingest.source=20111024"]).ingest.source == "20111024"
