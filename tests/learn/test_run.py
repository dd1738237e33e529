"""The run folder: whole files, or none."""

from __future__ import annotations

import getpass
import json
import math
import platform

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from yolo_course.learn import run as module
from yolo_course.learn.run import RunError, RunFolder, facts, read_rows, write_rows, write_text

CONFIG = {"epochs": 3, "device": "cpu", "hyp": {"box": 0.05}, "note": "größer"}
STATE = {"model": {"w": torch.arange(3.0)}, "rows": [], "updates": 0}


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder(tmp_path / "a" / "run")


class TestStart:
    def test_what_lies_there_at_the_start(self, run):
        run.start(CONFIG, STATE)
        assert {file.name for file in run.path.iterdir()} == {"config.yaml", "machine.json", "last.pt"}
        assert run.read_config() == CONFIG and run.can_resume()
        assert torch.equal(run.load_last()["model"]["w"], STATE["model"]["w"])
        assert json.loads((run.path / "machine.json").read_text(encoding="utf-8"))["device"] == "cpu"

    def test_a_run_that_has_learned_is_not_replaced(self, run):
        run.start(CONFIG, STATE)
        run.write_metrics([{"epoch": 1}])
        with pytest.raises(RunError, match="found a run in .*, expected a new folder: choose another, or resume"):
            run.start({**CONFIG, "epochs": 9}, STATE)
        run.last.unlink()  # as compare(keep_weights=False) does
        with pytest.raises(RunError, match="found a run"):
            run.start(CONFIG, STATE)
        assert run.metrics_file.is_file() and yaml.safe_load(run.config_file.read_text("utf-8")) == CONFIG

    def test_a_run_that_has_learned_nothing_is(self, run):
        run.start(CONFIG, STATE)
        run.start({**CONFIG, "epochs": 9}, STATE)
        assert run.read_config()["epochs"] == 9

    def test_a_config_of_somebody_else_is_not(self, run):
        run.path.mkdir(parents=True)
        run.config_file.write_text("mine: true\n", encoding="utf-8")
        with pytest.raises(RunError, match="found a run"):
            run.start(CONFIG, STATE)
        assert run.config_file.read_text(encoding="utf-8") == "mine: true\n"

    def test_a_kill_on_the_way_leaves_nothing_that_could_be_resumed_wrongly(self, run, monkeypatch):
        run.start(CONFIG, STATE)

        def killed(state):
            raise KeyboardInterrupt

        monkeypatch.setattr(run, "save_last", killed)
        with pytest.raises(KeyboardInterrupt):
            run.start({**CONFIG, "epochs": 9}, STATE)
        assert not run.can_resume()
        monkeypatch.undo()
        run.start({**CONFIG, "epochs": 9}, STATE)
        assert run.read_config()["epochs"] == 9


class TestResume:
    def test_where_there_is_nothing_to_resume(self, run):
        with pytest.raises(RunError, match="found no run to resume in .*start it anew"):
            run.read_config()
        run.start(CONFIG, STATE)
        run.last.unlink()
        with pytest.raises(RunError, match="found no run to resume"):
            run.read_config()

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04half a zip"])
    def test_a_damaged_state(self, run, content):
        run.start(CONFIG, STATE)
        run.last.write_bytes(content)
        with pytest.raises(RunError, match="last.pt cannot be read .*delete the run folder and start anew"):
            run.load_last()

    def test_code_in_a_state_is_not_run(self, run, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (open, (str(tmp_path / "trace"), "w"))

        run.start(CONFIG, STATE)
        torch.save({"model": Bomb()}, run.last)
        with pytest.raises(RunError, match="cannot be read"):
            run.load_last()
        assert not (tmp_path / "trace").exists()

    def test_a_kill_while_writing_leaves_the_former_state_whole(self, run, monkeypatch):
        run.start(CONFIG, STATE)

        def half(state, path):
            path.write_bytes(b"half")
            raise KeyboardInterrupt

        monkeypatch.setattr(torch, "save", half)
        with pytest.raises(KeyboardInterrupt):
            run.save_last({})
        monkeypatch.undo()
        assert run.load_last()["updates"] == 0


class TestText:
    def test_replaced_in_one_step(self, tmp_path, monkeypatch):
        file = tmp_path / "x.txt"
        write_text(file, "alt\n")
        replaced = []
        monkeypatch.setattr(module.os, "replace", lambda a, b: replaced.append((a, b)))
        write_text(file, "neu\n")
        assert file.read_text(encoding="utf-8") == "alt\n" and replaced[0][1] == file
        assert replaced[0][0].parent == file.parent, "a rename from another disk is no single step"

    def test_the_same_bytes_on_every_system(self, tmp_path):
        write_text(tmp_path / "x", "größer\n")
        assert (tmp_path / "x").read_bytes() == b"gr\xc3\xb6\xc3\x9fer\n"


class TestRows:
    def test_numbers_words_and_gaps_come_back(self, tmp_path):
        rows = [
            {"epoch": 1, "loss": 0.123456789, "map50": None, "mode": "all-but-head"},
            {"epoch": 2, "loss": 1e-9, "map50": 0.5, "mode": 'with, comma and "quotes"'},
        ]
        write_rows(tmp_path / "x.csv", rows)
        assert read_rows(tmp_path / "x.csv") == [{**rows[0], "loss": 0.123457}, rows[1]]
        assert (tmp_path / "x.csv").read_bytes().startswith(b"epoch,loss,map50,mode\n1,0.123457,,all-but-head\n")

    def test_no_rows(self, tmp_path):
        write_rows(tmp_path / "x.csv", [])
        assert read_rows(tmp_path / "x.csv") == []

    @given(st.lists(st.fixed_dictionaries({
        "a": st.integers(-10**9, 10**9) | st.none(),
        "b": st.floats(allow_nan=False),
        "c": st.text("abcäß ,;\"'-", min_size=1).filter(str.strip),
    }), max_size=4))  # fmt: skip
    def test_any_rows(self, tmp_path_factory, rows):
        file = tmp_path_factory.mktemp("rows") / "x.csv"
        write_rows(file, rows)
        for before, after in zip(rows, read_rows(file), strict=True):
            assert after["a"] == before["a"] and after["c"] == before["c"]
            assert math.isclose(after["b"], before["b"], rel_tol=1e-5) or after["b"] == before["b"]


def test_the_facts_tell_what_a_time_depends_on_and_nobody_elses_business():
    found = facts()
    assert {"device", "cpu", "cores", "bf16_instructions", "system", "python", "packages"} <= found.keys()
    text = json.dumps(found)
    for private in (platform.node(), getpass.getuser(), "/home", "/root"):
        assert len(private) < 4 or private not in text
    assert "gpu" not in found
