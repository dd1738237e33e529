"""The model file: what may be left out, what is refused, and how the refusal helps."""

from __future__ import annotations

import copy

import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from yolo_course.config import (
    COCO_ANCHORS,
    MODULES,
    RELEASES,
    SIZES,
    ConfigError,
    activation_name,
    complete_config,
    parse_rows,
    read_config,
    release_config,
)
from yolo_course.model import YOLOv5

COMPLETE = {**release_config("n", "v7.0", 3), "width_multiple": 0.125}
TALK = read_config("yolov5s_talk.yaml")
ROWS_ALONE = {key: TALK[key] for key in ("backbone", "head")}


def changed(edit, config=COMPLETE) -> dict:
    """A deep copy of a configuration after ``edit(copy)``."""
    config = copy.deepcopy(config)
    edit(config)
    return config


def with_row(index: int, row, config=COMPLETE) -> dict:
    part = "backbone" if index < len(config["backbone"]) else "head"
    offset = 0 if part == "backbone" else len(config["backbone"])
    return changed(lambda c: c[part].__setitem__(index - offset, row), config)


class TestReleases:
    def test_a_release_that_there_is_not_lists_those_there_are(self):
        with pytest.raises(ValueError, match=r"found release 'v1.0', expected one of v2.0, v3.0, .*, v7.0"):
            release_config("s", "v1.0", 80)

    @pytest.mark.parametrize("release", ["v2.0", "v3.0", "v3.1", "v4.0", "v5.0"])
    def test_the_nano_size_came_with_v6(self, release):
        with pytest.raises(ValueError, match=f"found size 'n', but release {release} has s, m, l, x"):
            release_config("n", release, 80)

    @pytest.mark.parametrize("release", RELEASES)
    def test_every_size_has_its_multiples(self, release):
        for size in RELEASES[release][1]:
            config = release_config(size, release, 7)
            assert (config["depth_multiple"], config["width_multiple"]) == SIZES[size]
            assert (config["nc"], config["release"], config["size"]) == (7, release, size)
            assert config["anchor_grid"] is (release < "v6.0")

    def test_hardswish_stayed_out_of_the_csp_block(self):
        names = {release: (config[2], config[3]) for release, config in RELEASES.items()}
        assert names["v2.0"] == ("leaky_relu", "leaky_relu")
        assert names["v3.0"] == names["v3.1"] == ("hardswish", "leaky_relu")
        assert names["v5.0"][0] == names["v7.0"][0] == "silu"


class TestReading:
    def test_a_path_a_name_of_ours_and_a_mapping(self, tmp_path):
        file = tmp_path / "Netz – größer.yaml"
        file.write_text(yaml.safe_dump(COMPLETE), encoding="utf-8")
        assert read_config(file) == read_config(str(file)) == COMPLETE == read_config(COMPLETE)
        assert read_config("yolov5s_talk.yaml")["backbone"][0] == [-1, 1, "Focus", [64, 3]]

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(ConfigError, match="found no file .*nowhere.yaml.*check the path"):
            read_config(tmp_path / "nowhere.yaml")
        with pytest.raises(ConfigError, match="found no file 'nowhere.yaml'"):
            read_config("nowhere.yaml")

    @pytest.mark.parametrize(
        ("content", "match"),
        [
            (b"backbone: [", "not readable as YAML"),
            (b"\xff\xfe\x00", "not readable as YAML"),
            (b"date: 2021-02-30", "not readable as YAML"),
            (b"- 1\n- 2\n", "found list, expected keys such as 'backbone'"),
            (b"", "found NoneType"),
            (b"!!python/object/apply:os.system ['true']", "not readable as YAML"),
        ],
    )
    def test_a_file_of_something_else(self, tmp_path, content, match):
        file = tmp_path / "broken.yaml"
        file.write_bytes(content)
        with pytest.raises(ConfigError, match=match):
            read_config(file)


class TestLeftOut:
    def test_the_talks_rows_alone_build_with_a_warning_for_each_guess(self):
        with pytest.warns(UserWarning) as warned:
            config = complete_config(ROWS_ALONE)
        assert [str(one.message).split(":")[0] for one in warned] == [
            "the model file has no depth_multiple",
            "the model file has no width_multiple",
            "the model file has no anchors",
        ]
        assert (config["nc"], config["depth_multiple"], config["width_multiple"]) == (80, 1.0, 1.0)
        assert config["anchors"] == [list(level) for level in COCO_ANCHORS]
        assert (config["activation"], config["csp_activation"]) == ("leaky_relu", "leaky_relu")

    def test_the_warnings_point_at_the_line_that_asked(self):
        with pytest.warns(UserWarning) as warned, torch.device("meta"):
            model = YOLOv5.from_yaml(ROWS_ALONE)
        assert {one.filename for one in warned} == {__file__}
        # The size l is the one whose multiples are 1.
        assert sum(p.numel() for p in model.parameters()) == 47_818_749

    def test_nothing_is_guessed_where_nothing_is_missing(self, recwarn):
        complete_config(TALK)
        assert not recwarn.list

    @pytest.mark.parametrize("key", ["depth_multiple", "width_multiple", "anchors"])
    def test_each_one_alone(self, key):
        with pytest.warns(UserWarning, match=f"has no {key}") as warned:
            complete_config({k: v for k, v in TALK.items() if k != key})
        assert len(warned) == 1

    def test_the_file_is_left_as_it_was(self):
        before = copy.deepcopy(TALK)
        complete_config(TALK, num_classes=2, activation="silu")
        assert before == TALK

    def test_the_number_of_classes_argument_file_80(self):
        assert complete_config(COMPLETE)["nc"] == 3
        assert complete_config(COMPLETE, num_classes=5)["nc"] == 5
        assert complete_config({k: v for k, v in COMPLETE.items() if k != "nc"})["nc"] == 80


class TestActivation:
    CSP = {**TALK, "nc": 1}
    C3 = read_config("yolov5_v6.yaml")

    @pytest.mark.parametrize(
        ("config", "argument", "expected"),
        [
            (CSP, None, ("leaky_relu", "leaky_relu")),
            (C3, None, ("silu", "silu")),
            ({**CSP, "activation": "nn.Hardswish()"}, None, ("hardswish", "leaky_relu")),
            ({**CSP, "activation": "nn.Hardswish()"}, "silu", ("silu", "silu")),
            ({**C3, "activation": "nn.LeakyReLU(0.1)"}, None, ("leaky_relu", "leaky_relu")),
            ({**C3, "activation": "nn.LeakyReLU(0.1)"}, nn.SiLU(), ("silu", "silu")),
            ({**CSP, "activation": "silu", "csp_activation": "leaky_relu"}, None, ("silu", "leaky_relu")),
        ],
    )
    def test_argument_before_file_before_block(self, config, argument, expected):
        config = complete_config(config, activation=argument)
        assert (config["activation"], config["csp_activation"]) == expected

    def test_a_csp_block_in_the_head_counts(self):
        def edit(config):
            config["backbone"] = self.C3["backbone"]
            config.pop("csp_activation", None)

        assert complete_config(changed(edit, self.CSP))["activation"] == "leaky_relu"

    @pytest.mark.parametrize(
        ("named", "expected"),
        [
            ("silu", "silu"),
            ("SiLU", "silu"),
            ("nn.SiLU()", "silu"),
            (" torch.nn.SiLU( inplace=True ) ", "silu"),
            (nn.SiLU, "silu"),
            (nn.Hardswish(), "hardswish"),
            ("leaky_relu", "leaky_relu"),
            ("nn.LeakyReLU(0.1)", "leaky_relu"),
            ("nn.LeakyReLU(.1, inplace=True)", "leaky_relu"),
            ("nn.LeakyReLU(negative_slope=0.1)", "leaky_relu"),
            (nn.LeakyReLU(0.1), "leaky_relu"),
        ],
    )
    def test_all_ways_to_name_one(self, named, expected):
        assert activation_name(named) == expected

    @pytest.mark.parametrize(
        "named",
        ["", "relu", "nn.ReLU()", "__import__('os').system('true')", 5, nn.ReLU, object(), True, ["silu"],
         "silu) or (1", "nn.LeakyReLU()", "nn.LeakyReLU(0.01)", "nn.LeakyReLU(-0.1)", "nn.LeakyReLU(1e-1)",
         "nn.LeakyReLU(inplace=True)", nn.LeakyReLU, nn.LeakyReLU()],
    )  # fmt: skip
    def test_others_are_refused_a_leaky_relu_of_pytorchs_own_slope_too(self, named):
        with pytest.raises(ConfigError, match=r"expected SiLU, Hardswish or LeakyReLU\(0.1\)"):
            activation_name(named)

    @pytest.mark.parametrize("key", ["activation", "csp_activation"])
    def test_a_wrong_one_in_a_file(self, key):
        with pytest.raises(ConfigError, match="found activation 'nn.ReLU"):
            complete_config({**self.CSP, key: "nn.ReLU()"})


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "value", "match"),
        [
            ("nc", 0, "found nc = 0, expected the number of classes"),
            ("nc", 2.0, "found nc = 2.0"),
            ("nc", True, "found nc = True"),
            ("nc", "3", "found nc = '3'"),
            ("depth_multiple", 0, "found depth_multiple = 0"),
            ("width_multiple", -1.0, "found width_multiple = -1.0"),
            ("width_multiple", "0.5", "found width_multiple = '0.5'"),
            ("width_multiple", float("nan"), "found width_multiple = nan"),
            ("width_multiple", float("inf"), "found width_multiple = inf"),
            ("depth_multiple", 10**400, "found depth_multiple = 1000"),
            ("anchors", 3, "found anchors = 3, expected three lists"),
            ("anchors", [], r"found anchors = \[\]"),
            ("anchors", [[], [], []], "expected three lists"),
            ("anchors", [[1, 2], [1, 2]], "expected three lists"),
            ("anchors", [[1, 2], [1, 2], [1, 2, 3, 4]], "expected three lists"),
            ("anchors", [[1, 2, 3]] * 3, "expected three lists"),
            ("anchors", ["ab", "cd", "ef"], "expected three lists"),
            ("anchors", [[1, 0]] * 3, "expected numbers above 0"),
            ("anchors", [[1, float("inf")]] * 3, "expected numbers above 0"),
            ("anchors", [[1, "2"]] * 3, "expected numbers above 0"),
            ("backbone", [], r"found backbone: \[\], expected a list of rows"),
            ("backbone", None, "found backbone: None"),
            ("head", "rows", "found head: 'rows'"),
        ],
    )
    def test_wrong_values(self, key, value, match):
        with pytest.raises(ConfigError, match=match):
            complete_config({**COMPLETE, key: value})

    @pytest.mark.parametrize("key", ["backbone", "head"])
    def test_a_missing_part(self, key):
        with pytest.raises(ConfigError, match=f"found {key}: None, expected a list of rows"):
            complete_config({k: v for k, v in COMPLETE.items() if k != key})

    def test_two_anchors_a_level_or_four(self):
        for count in (2, 4):
            with torch.device("meta"):
                model = YOLOv5.from_yaml({**COMPLETE, "anchors": [[10 * n, 20 * n] * count for n in (1, 2, 3)]})
            assert model.detect.anchors.shape == (3, count, 2)


class TestRows:
    def test_the_talks_rows(self):
        rows = parse_rows(complete_config(TALK))
        assert [row.index for row in rows] == list(range(25))
        assert (rows[0].source, rows[0].module, rows[0].args) == ((-1,), "Focus", (64, 3))
        assert (rows[4].source, rows[4].repeats) == ((3,), 3)  # 9 x 0.33
        assert (rows[12].source, rows[24].source) == ((11, 6), (17, 20, 23))

    @pytest.mark.parametrize(("depth", "repeats"), [(0.33, 1), (0.67, 2), (1.0, 3), (1.33, 4), (2.0, 6), (0.01, 1)])
    def test_depth_rounds_the_repeats_and_leaves_one(self, depth, repeats):
        rows = parse_rows({**COMPLETE, "depth_multiple": depth})
        assert rows[2].repeats == repeats and rows[0].repeats == 1

    def test_the_word_none_stands_for_none(self):
        for word in ("None", None):
            rows = parse_rows(with_row(11, [-1, 1, "nn.Upsample", [word, 2, "nearest"]]))
            assert rows[11].args == (None, 2, "nearest")

    def test_upsample_with_and_without_its_library(self):
        assert parse_rows(with_row(11, [-1, 1, "Upsample", [None, 2, "nearest"]]))[11].module == "nn.Upsample"

    # What is wrong with a row, and what the message must say after naming the row.
    BROKEN = {
        "a number instead of a row": (3, 7, "found 7, expected [from, number, module, args], four entries"),
        "three entries": (3, [-1, 1, "Conv"], "found [-1, 1, 'Conv'], expected [from, number, module, args]"),
        "a module that there is not": (3, [-1, 1, "Convv", [256, 3, 2]], "found module 'Convv'"),
        "code for a module": (3, [-1, 1, "__import__('os').abort()", [8]], "found module \"__import__"),
        "a list for a module": (3, [-1, 1, ["Conv"], [256, 3, 2]], "found module ['Conv']"),
        "half a number": (3, [-1, 1.5, "Conv", [256, 3, 2]], "found number 1.5, expected a whole number"),
        "no repeat at all": (2, [-1, 0, "C3", [128]], "found number 0"),
        "a billion repeats": (2, [-1, 10**9, "C3", [128]], "found number 1000000000, expected at most"),
        "a concat repeated": (12, [[-1, 6], 2, "Concat", [1]], "found number 2, expected 1"),
        "args without a list": (3, [-1, 1, "Conv", 256], "found args 256, expected a list such as"),
        "no args": (3, [-1, 1, "Conv", []], "found args []"),
        "a row below": (3, [5, 1, "Conv", [256, 3, 2]], "found from = 5, expected -1"),
        "itself": (3, [3, 1, "Conv", [256, 3, 2]], "found from = 3"),
        "too far up": (3, [-9, 1, "Conv", [256, 3, 2]], "found from = -9"),
        "the pictures again": (3, [-4, 1, "Conv", [256, 3, 2]], "found from = -4"),
        "the pictures in the neck": (12, [[-1, -13], 1, "Concat", [1]], "found from = [-1, -13]"),
        "a word for a row": (3, ["P3", 1, "Conv", [256, 3, 2]], "found from = 'P3'"),
        "from nowhere": (12, [[], 1, "Concat", [1]], "found from = []"),
        "two inputs to a conv": (3, [[-1, 1], 1, "Conv", [256, 3, 2]], "found 2 inputs, expected one"),
        "channels in words": (3, [-1, 1, "Conv", ["256", 3, 2]], "found '256' as the first argument"),
        "channels of zero": (3, [-1, 1, "Conv", [0, 3, 2]], "found 0 as the first argument"),
        "channels beyond number": (3, [-1, 1, "Conv", [10**400, 3, 2]], "as the first argument"),
        "a kernel in words": (3, [-1, 1, "Conv", [256, "3", 2]], "found args [256, '3', 2]"),
        "too many args": (3, [-1, 1, "Conv", [256, 3, 2, 1, 1, 1, 1]], "found args [256, 3, 2, 1, 1, 1, 1]"),
        "groups that do not divide": (3, [-1, 1, "Conv", [256, 3, 2, 1, 7]], "divisible by groups"),
        "a stride of zero": (3, [-1, 1, "Conv", [256, 3, 0]], "do not divide"),
        "a negative stride": (3, [-1, 1, "Conv", [256, 3, -2]], "do not divide"),
        "an even kernel": (4, [-1, 1, "Conv", [256, 4, 1]], "kernel 4, padding 2 do not divide"),
        "no padding": (3, [-1, 1, "Conv", [256, 3, 2, 0]], "kernel 3, padding 0 do not divide"),
        "negative padding": (3, [-1, 1, "Conv", [256, 1, 4, -1]], "padding -1 do not divide"),
        "another stride each way": (3, [-1, 1, "Conv", [256, 3, [2, 1]]], "do not divide"),
        "an expansion to nothing": (4, [-1, 1, "C3", [256, True, 1, 0.0]], "found 0 output channels"),
        "an expansion that is none": (4, [-1, 1, "C3", [256, True, 1, float("nan")]], "found args"),
        "even pooling": (9, [-1, 1, "SPP", [1024, [4, 9]]], "found a pooling of 4, expected an odd number"),
        "pooling by words": (9, [-1, 1, "SPPF", [1024, "5"]], "found args [1024, '5']"),
        "a joint of other maps": (12, [[-1, 4], 1, "Concat", [1]], "maps of strides [16.0, 8]"),
        "a joint along the height": (12, [[-1, 6], 1, "Concat", [2]], "found args [2], expected [1]"),
        "a size for a scale": (11, [-1, 1, "nn.Upsample", [40, None, "nearest"]], "a scale, not a size"),
        "a size and a scale": (11, [-1, 1, "nn.Upsample", [0, 2, "nearest"]], "a scale, not a size"),
        "a scale of zero": (11, [-1, 1, "nn.Upsample", [None, 0, "nearest"]], "a scale, not a size"),
        "a negative scale": (11, [-1, 1, "nn.Upsample", [None, -2, "nearest"]], "a scale, not a size"),
        "a way to enlarge that there is not": (11, [-1, 1, "nn.Upsample", [None, 2, "nearst"]], "found args"),
        "detect before the end": (9, [[4, 6, 8], 1, "Detect", ["nc", "anchors"]], "Detect before the end"),
        "something else at the end": (24, [-1, 1, "Conv", [64]], "Conv of 1 maps as the last row"),
        "detect of two maps": (24, [[17, 20], 1, "Detect", ["nc", "anchors"]], "Detect of 2 maps"),
        "detect of one map thrice": (24, [[17, 17, 17], 1, "Detect", ["nc", "anchors"]], "maps of strides"),
        "detect without anchors": (24, [[17, 20, 23], 1, "Detect", ["nc"]], "found args ['nc'], expected"),
    }  # fmt: skip

    @pytest.mark.parametrize("case", BROKEN)
    def test_a_malformed_row_is_named_with_what_was_found_and_expected(self, case):
        index, row, message = self.BROKEN[case]
        with pytest.raises(ConfigError) as caught:
            YOLOv5.from_yaml(with_row(index, row))
        text = str(caught.value)
        assert text.startswith(f"row {index}") and message in text and "expected" in text


NUMBERS = st.integers(-4, 70) | st.sampled_from([128, 255, 1.0, 0.5, -0.5, 10**400, 1e308]) | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | st.sampled_from(["nc", "None", "nearest", "", "Conv", "Ä", "same"])
ARGS = st.lists(SCALARS | st.lists(SCALARS, max_size=3), max_size=6)
ANY_ROW = st.tuples(
    st.integers(-12, 30) | st.lists(st.integers(-12, 30) | SCALARS, max_size=4) | SCALARS,
    st.integers(-1, 4) | SCALARS,
    st.sampled_from(MODULES) | SCALARS | st.just("eval"),
    ARGS | SCALARS,
).map(list)


def entry_mutated(draw, row: list) -> list:
    """One entry of a good row, or one of its arguments, becomes something else."""
    row = copy.deepcopy(row)
    column = draw(st.integers(0, 3))
    if column == 3 and row[3] and draw(st.booleans()):
        row[3][draw(st.integers(0, len(row[3]) - 1))] = draw(SCALARS | ARGS)
    else:
        row[column] = draw(
            (st.integers(-12, 30) | SCALARS | ARGS, SCALARS, st.sampled_from(MODULES) | SCALARS, ARGS)[column]
        )
    return row


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")  # before a kernel of 0 is refused
class TestAnyMutation:
    """Whatever a row becomes: the network can be walked through, or a ConfigError names a row."""

    SLIM = {**COMPLETE, "width_multiple": 0.02}
    ALL = SLIM["backbone"] + SLIM["head"]

    def _build_or_refuse(self, index: int, row) -> None:
        try:
            with torch.device("meta"):
                model = YOLOv5.from_yaml(with_row(index, row, self.SLIM)).eval()
        except ConfigError as error:
            assert str(error).startswith("row "), error
            return
        with torch.device("meta"), torch.no_grad():
            side = model.image_step
            decoded, raw = model(torch.zeros(1, 3, side, 2 * side))
        assert sorted(out.shape[2] for out in raw) == [side // 32, side // 16, side // 8]
        assert all(out.shape[3] == 2 * out.shape[2] for out in raw) and decoded.shape[2] == 8

    @settings(max_examples=150)
    @given(st.data())
    def test_one_entry_of_a_row(self, data):
        index = data.draw(st.integers(0, len(self.ALL) - 1))
        self._build_or_refuse(index, entry_mutated(data.draw, self.ALL[index]))

    @settings(max_examples=150)
    @given(st.integers(0, 24), ANY_ROW | SCALARS | ARGS)
    def test_a_whole_row(self, index, row):
        self._build_or_refuse(index, row)

    @settings(max_examples=30)
    @given(st.permutations(range(25)))
    def test_another_order(self, order):
        rows = [self.ALL[index] for index in order]
        config = {**self.SLIM, "backbone": rows[:10], "head": rows[10:]}
        try:
            with torch.device("meta"):
                YOLOv5.from_yaml(config)
        except ConfigError as error:
            assert str(error).startswith("row ")
