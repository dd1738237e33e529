"""The file that says what is compared."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from tests.small import small_set
from yolo_course.data import DataError
from yolo_course.learn.experiment import MODES, Experiment, ExperimentError, Mode, load_experiment


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return small_set(tmp_path_factory.mktemp("data") / "set", count=6)


class TestModes:
    def test_the_default_four(self):
        assert [(mode.name, mode.freeze, mode.pretrained) for mode in MODES] == [
            ("scratch", 0, False),
            ("unfrozen", 0, True),
            ("backbone", "backbone", True),
            ("all-but-head", "backbone+neck", True),
        ]
        assert {mode.batchnorm for mode in MODES} == {"fixed"} and all(mode.lr > 0 for mode in MODES)

    @pytest.mark.parametrize(
        ("mode", "match"),
        [
            (Mode("a/b", 0.1), "found the mode 'a/b', expected letters, digits"),
            (Mode("..", 0.1), "found the mode '..'"),
            (Mode("", 0.1), "found the mode ''"),
            (Mode("a", "3e-3"), "found lr='3e-3', expected a number above 0; YAML reads 3e-3 as text"),
            (Mode("a", 0), "found lr=0"),
            (Mode("a", 0.1, "neck"), "found freeze='neck' in a, expected a count, a list or one of"),
            (Mode("a", 0.1, batchnorm="soft"), "found batchnorm='soft' in a"),
        ],
    )
    def test_what_cannot_be(self, mode, match):
        with pytest.raises(ValueError, match=match):
            Experiment("x", "far", modes=(mode,))


class TestExperiment:
    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ({"settings": {"lr": 0.1}}, "found lr in the settings of x: it belongs to the mode or to seeds"),
            ({"settings": {"seed": 1}}, "found seed in the settings"),
            ({"settings": {"epoch": 1}}, "found the setting 'epoch', expected one such as epochs"),
            ({"seeds": ()}, "at least one mode and one seed, none twice"),
            ({"seeds": (0, 1, 0)}, "none twice"),
            ({"seeds": (-1,)}, "found seed=-1"),
            ({"seeds": ("a",)}, "found seed='a'"),
            ({"modes": ()}, "at least one mode"),
            ({"modes": (MODES[0], MODES[0])}, "none twice"),
            ({"images": 0}, "found images=0, expected a count of 1 or more"),
            ({"images": -1}, "found images=-1"),
            ({"images": 2.5}, "found images=2.5"),
        ],
    )
    def test_what_cannot_be(self, given, match):
        with pytest.raises(ValueError, match=match):
            Experiment("x", "far", **given)

    def test_the_size_is_always_written_down(self):
        assert Experiment("x", "far").settings == {"size": 128}
        assert Experiment("x", "far", settings={"size": 64}).settings == {"size": 64}

    def test_the_seed_draws_the_pictures_the_same_for_every_mode(self, target):
        experiment = Experiment("x", str(target), images=3)
        drawn = [experiment.data(seed)[0].ids for seed in (0, 0, 1, 2)]
        assert drawn[0] == drawn[1] and len({tuple(ids) for ids in drawn}) > 1
        assert all(len(set(ids)) == 3 for ids in drawn)
        train_set, val_set, test_set = experiment.data(0)
        assert (len(train_set), len(val_set), len(test_set)) == (3, 6, 6)
        assert not np.array_equal(val_set[0][0], test_set[0][0])

    def test_without_a_number_all_pictures_in_their_order(self, target):
        assert len(Experiment("x", str(target)).data(0)[0]) == 6

    def test_more_pictures_than_there_are(self, target):
        with pytest.raises(ExperimentError, match=r"found images: 7, but .* has 6 to train on"):
            Experiment("x", str(target), images=7).data(0)

    def test_the_embedded_sets_by_name(self):
        train_set, val_set, test_set = Experiment("x", "near", images=2).data(0)
        assert len(train_set) == 2 and train_set.names == val_set.names == test_set.names

    def test_a_downloaded_set_by_name(self, tmp_path, monkeypatch):
        monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path))
        bccd = load_experiment("bccd")
        with pytest.raises(DataError, match="`yolo-course download bccd`"):
            bccd.data(0)
        small_set(tmp_path / "sets/bccd", count=4)
        assert [len(split) for split in bccd.data(0)] == [4, 4, 4]

    def test_written_and_read_again(self, tmp_path, target):
        mode = Mode("one-row", 0.1, ["model.3."], batchnorm="updating")
        settings = {"epochs": 2, "hyp": {"mosaic": 0.0}}
        one = Experiment("x", target, 2, (3, 1), (mode,), tmp_path / "w.pt", 0.4, settings)  # Paths are welcome
        file = tmp_path / "x.yaml"
        file.write_text(one.to_yaml(), encoding="utf-8")
        again = load_experiment(file)
        assert again.to_yaml() == one.to_yaml() and again.modes == (mode,) and again.seeds == (3, 1)


class TestFiles:
    @pytest.mark.parametrize("name", ["bccd", "far16", "far80", "near120", "near8", "quick"])
    def test_those_of_the_course(self, name):
        experiment = load_experiment(name)
        assert experiment.name == name and experiment.modes == MODES and experiment.settings["epochs"] >= 1
        assert experiment.weights is None and experiment.anchor_scale == (0.5 if name == "bccd" else 0.4)

    def test_a_name_that_there_is_not_lists_those_there_are(self):
        with pytest.raises(ExperimentError, match=r"found no experiment 'fra80', expected .* one of .*far80"):
            load_experiment("fra80")

    def test_a_path_that_there_is_not(self, tmp_path):
        with pytest.raises(ExperimentError, match="found no experiment"):
            load_experiment(tmp_path / "x.yaml")

    @pytest.mark.parametrize(
        ("content", "match"),
        [
            ("", "expected the keys of"),
            ("- 1\n", "expected the keys of"),
            ("target: [", "expected the keys of"),
            ("target: far\npictures: 8\n", "pictures.*expected the keys of"),
            ("images: 8\n", "target"),
            ("target: far\nseeds: 3\n", "expected the keys of"),
            ("target: far\nsettings: 3\n", "expected the keys of"),
            ("target: far\nmodes: [{name: a}]\n", "lr"),
            ("target: far\nmodes: [a]\n", "expected the keys of"),
            ("target: far\nmodes: [{name: a, lr: 3e-3}]\n", "found lr='3e-3'.*write 0.003"),
        ],
    )
    def test_what_cannot_be_read(self, tmp_path, content, match):
        file = tmp_path / "mine.yaml"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=match):
            load_experiment(file)

    def test_a_mode_of_ones_own(self, tmp_path):
        file = tmp_path / "mine.yaml"
        modes = [{"name": "first-three", "lr": 0.01, "freeze": 3}]
        file.write_text(yaml.safe_dump({"target": "far", "modes": modes}), encoding="utf-8")
        experiment = load_experiment(str(file))
        assert experiment.name == "mine" and experiment.modes == (Mode("first-three", 0.01, 3),)
        assert experiment.seeds == (0,) and experiment.images is None
