"""Settings: presets, overrides, and one clear line for what does not fit."""

import pytest
from pydantic import ValidationError

from adarec import catalog
from adarec.config import (
    RunSettings,
    StudentSettings,
    parse_overrides,
    preset_settings,
    read_settings,
    reverse_model_settings,
)
from adarec.errors import SettingsError

PRESETS = [entry.name for entry in catalog.PRESETS]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("teacher", [entry.name for entry in catalog.TEACHERS])
def test_every_preset_fits_every_teacher(preset: str, teacher: str) -> None:
    settings = preset_settings(preset, teacher=teacher)
    assert (settings.preset, settings.teacher.name) == (preset, teacher)
    assert settings.teacher.num_layers >= 2 * settings.student.num_cells


@pytest.mark.parametrize("mapping", [entry.name for entry in catalog.MAPPINGS])
def test_every_mapping_can_be_chosen(mapping: str) -> None:
    assert preset_settings(overrides={"losses.mapping": mapping}).losses.mapping == mapping


@pytest.mark.parametrize("entry", catalog.AUGMENTATIONS, ids=lambda entry: entry.name)
def test_an_augmentation_brings_its_teacher_unless_one_is_named(
    entry: catalog.Augmentation,
) -> None:
    asked = {"augment.name": entry.name}
    chosen = preset_settings(overrides=asked)
    assert (chosen.augment.name, chosen.teacher.name) == (entry.name, entry.teacher)
    assert chosen.teacher == preset_settings(teacher=entry.teacher).teacher  # with its sizes
    for teacher in ("gru4rec", "nextitnet"):
        assert preset_settings(teacher=teacher, overrides=asked).teacher.name == teacher
        if teacher != entry.teacher:
            with pytest.raises(SettingsError, match="Use --teacher"):
                preset_settings(overrides=asked | {"teacher.name": teacher})


def test_the_reverse_model_is_the_teacher_or_the_presets_sasrec() -> None:
    asked = {"augment.name": "asrep", "teacher.width": 32}
    own = preset_settings(overrides=asked)
    assert reverse_model_settings(own) == own.teacher
    other = preset_settings("standard", teacher="nextitnet", overrides=asked)
    expected = preset_settings("standard", teacher="sasrec").teacher
    assert reverse_model_settings(other) == expected


@pytest.mark.parametrize("cost", [entry.name for entry in catalog.COSTS])
def test_every_cost_can_be_chosen(cost: str) -> None:
    assert preset_settings(overrides={"cost": cost}).cost == cost


def test_the_presets_have_the_sizes_of_the_design() -> None:
    quick, standard, paper = (preset_settings(name) for name in ("quick", "standard", "paper"))
    sizes = [
        (s.teacher.num_blocks, s.teacher.width, s.teacher.num_layers)
        for s in (quick, standard, paper)
    ]
    assert sizes == [(8, 128, 4), (16, 128, 8), (16, 256, 8)]
    cells = [
        (s.student.num_cells, s.student.num_nodes, s.student.width)
        for s in (quick, standard, paper)
    ]
    assert cells == [(2, 3, 64), (4, 3, 64), (4, 3, 64)]
    assert [s.length_cap for s in (quick, standard, paper)] == [50, 50, 100]
    assert [s.default_speedup for s in (quick, standard, paper)] == [5.0, 10.0, 10.0]


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = preset_settings()
    assert settings.preset == "quick"
    assert settings.teacher.name == "nextitnet"
    assert settings.losses.mapping == "emd"
    assert settings.cost == "latency"
    assert settings.seed == 0
    assert settings.speedup is None
    assert settings == RunSettings()


def test_overrides_win_over_presets_and_keep_the_rest() -> None:
    settings = preset_settings("standard", overrides={"teacher.epochs": "7", "seed": 3})
    assert (settings.teacher.epochs, settings.seed) == (7, 3)
    assert settings.teacher.num_blocks == 16


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        ({"teacher.wide": 64}, r"teacher\.wide: .*found 64"),
        ({"colour": "red"}, r"colour: "),
        ({"teacher.epochs": "many"}, r"teacher\.epochs: .*found 'many'"),
        ({"teacher.epochs": 0}, r"teacher\.epochs: .*found 0"),
        ({"speedup": 1}, r"speedup: .*greater than 1"),
        ({"teacher.dropout": 1.0}, r"teacher\.dropout: "),
        ({"cost": "money"}, r"cost: .*'latency', 'flops' or 'params'"),
        ({"losses.mapping": "best"}, r"mapping 'best' is unknown; known: emd"),
        ({"student.num_cells": 3}, r"4 layers to 3 cells; it needs at least two a cell"),
        ({"teacher.num_blocks": 6}, r"num_blocks must be a multiple of teacher\.num_layers"),
        ({"teacher.num_heads": 3}, r"width must be a multiple of teacher\.num_heads"),
        ({"teacher": "sasrec"}, r"teacher: "),
        ({"search.learning_rate": "nan"}, r"search\.learning_rate: "),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(overrides: dict, what: str) -> None:
    with pytest.raises(SettingsError, match=what) as caught:
        preset_settings(overrides=overrides)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("Settings do not fit: ")
    assert "docs/settings.md" in str(caught.value)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'quik'.*quick, standard, paper"):
        preset_settings("quik")
    with pytest.raises(SettingsError, match=r"teacher 'gpt' is unknown; known: nextitnet, sasrec"):
        preset_settings(teacher="gpt")


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"seed": -1, "threads": 0, "preset": "quick"})
    assert "seed: " in str(caught.value)
    assert "threads: " in str(caught.value)


def test_given_cells_may_be_the_same_or_one_after_the_other() -> None:
    given = {"alike": ",".join(["skip"] * 6), "apart": ",".join(["skip"] * 6 + ["conv3"] * 6)}
    assert preset_settings(overrides={"cells": given}).cells == given
    with pytest.raises(SettingsError, match="needs 6 ops of .*, or 12 for the 2 cells"):
        preset_settings(overrides={"cells": {"three": ",".join(["skip"] * 18)}})


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"shop": "conv3,skip"}, "needs 6 ops"),
        ({"shop": "conv3,skip,zero,zero,zero,conv4"}, "cells.shop is 'conv3,skip,.*conv4'"),
        ({"a/b": "skip,skip,skip,skip,skip,skip"}, "found 'a/b'"),
    ],
)
def test_given_cells_are_whole_cells_with_plain_names(cells: dict, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        preset_settings(overrides={"cells": cells})


def test_pairs_of_the_command_line() -> None:
    assert parse_overrides(["a.b = 1", "c=x=y"]) == {"a.b": "1", "c": "x=y"}
    for pair in ("a", "=1", ""):
        with pytest.raises(SettingsError, match="KEY=VALUE"):
            parse_overrides([pair])


def test_settings_are_frozen_and_survive_json() -> None:
    settings = preset_settings("paper", teacher="sasrec", overrides={"speedup": 4})
    assert RunSettings.model_validate_json(settings.model_dump_json()) == settings
    assert read_settings(settings.model_dump()) == settings
    with pytest.raises(ValidationError, match="frozen"):
        settings.seed = 4  # type: ignore[misc]


def test_every_setting_says_what_it_is() -> None:
    """Forms show the description beside each field."""
    for field in StudentSettings.model_fields.values():
        assert field.description


@pytest.mark.parametrize("mapping", [entry.name for entry in catalog.MAPPINGS])
def test_a_distance_is_refused_where_the_mapping_reads_none(mapping: str) -> None:
    changed = {"losses.mapping": mapping, "losses.hidden_distance": "kl"}
    if mapping in ("adain", "none"):
        with pytest.raises(SettingsError, match=f"the mapping {mapping} compares no layers"):
            preset_settings(overrides=changed)
    else:
        assert preset_settings(overrides=changed).losses.hidden_distance == "kl"
