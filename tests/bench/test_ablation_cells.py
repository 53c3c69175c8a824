"""Which runs the ablation has, whether they can be started, and in which order."""

import pytest

from adarec import catalog
from adarec.bench.ablation.cells import (
    PARTS,
    QUICKEST_FIRST,
    TRANSFER_SCENES,
    all_cells,
    loss_variants,
)
from adarec.bench.experiments.cell import SCENES

CELLS = all_cells()


def rows(part: str) -> set[tuple[str, str, int]]:
    return {(cell.scene, cell.variant, cell.seed) for cell in CELLS if cell.part == part}


def test_names_are_unique_and_parts_are_known() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS)
    assert {cell.part for cell in CELLS} == set(PARTS)
    assert set(QUICKEST_FIRST) == set(SCENES)


def test_six_scenes_with_two_teachers_and_the_other_teachers_on_one() -> None:
    found = {(scene, teacher) for scene, teacher, _ in rows("scenes")}
    others = {teacher.name for teacher in catalog.TEACHERS} - {"nextitnet", "sasrec"}
    assert found == {(scene, name) for scene in SCENES for name in ("nextitnet", "sasrec")} | {
        ("ml-100k", name) for name in others
    }


def test_three_scenes_have_three_seeds_with_both_teachers() -> None:
    for teacher in ("nextitnet", "sasrec"):
        seeds: dict[str, set[int]] = {}
        for scene, name, seed in rows("scenes"):
            if name == teacher:
                seeds.setdefault(scene, set()).add(seed)
        assert sorted(len(each) for each in seeds.values()) == [1, 1, 1, 3, 3, 3]


def test_losses_are_left_out_one_at_a_time_and_every_name_is_tried() -> None:
    variants = loss_variants()
    for part in ("embedding", "hidden", "logit"):
        assert variants[f"without {part} distillation"] == {f"losses.{part}": 0}
    assert {scene for scene, *_ in rows("losses")} == {"ml-100k", "amazon-beauty"}
    chosen = {overrides.get("losses.mapping", "emd") for overrides in variants.values()}
    assert chosen == {mapping.name for mapping in catalog.MAPPINGS}
    blends = {overrides.get("blend", "none") for overrides in variants.values()}
    assert blends == {blend.name for blend in catalog.BLENDS}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_every_cell_has_settings_that_fit(cell) -> None:
    ops = ",".join(["conv3", "zero", "skip", "zero", "zero", "skip"])
    given = dict.fromkeys((*cell.foreign, *(["point-0"] if cell.front_points else [])), ops)
    settings = cell.settings({}, given)
    assert (settings.seed, settings.teacher.name) == (cell.seed, cell.teacher)
    assert settings.preset == cell.preset
    assert (settings.controls == 3 and settings.hand_made) == (cell.part == "scenes")
    assert set(settings.cells) == set(given)


def test_without_cost_every_cell_is_within_the_limit() -> None:
    cell = next(cell for cell in CELLS if cell.variant == "without cost")
    settings = cell.settings({})
    assert settings.search.efficiency_share == 0
    assert settings.speedup == pytest.approx(1, abs=0.02)


def test_paper_sizes_with_few_epochs() -> None:
    papers = [cell for cell in CELLS if cell.part == "paper"]
    assert {cell.scene for cell in papers} == {"ml-100k", "amazon-beauty"}
    for cell in papers:
        settings = cell.settings({})
        assert settings.teacher.width == 256
        stages = (settings.teacher, settings.search, settings.student)
        assert all(stage.epochs == 10 for stage in stages)


def test_only_the_teacher_of_a_teachers_run_is_trained_long() -> None:
    found = [cell for cell in CELLS if cell.part == "teachers"]
    assert {(cell.scene, cell.teacher) for cell in found} == {
        (scene, teacher) for scene in SCENES for teacher in ("nextitnet", "sasrec")
    }
    for cell in found:
        settings = cell.settings({})
        assert (settings.preset, settings.blend) == ("standard", "counts")
        assert settings.teacher.epochs > 20
        assert (settings.search.epochs, settings.student.epochs) == (1, 1)


def test_settings_on_top_win() -> None:
    for cell in CELLS:
        if cell.part == "paper":
            assert cell.settings({"teacher.epochs": 1}).teacher.epochs == 1


def test_one_table_is_complete_before_the_next_begins() -> None:
    first = [cell for cell in CELLS if cell.seed == 0 and cell.variant == "nextitnet"]
    assert CELLS[: len(SCENES)] == [cell for cell in first if cell.part == "scenes"]
    transfer = [index for index, cell in enumerate(CELLS) if cell.part == "transfer"]
    assert len(transfer) == len(TRANSFER_SCENES)
    for index in transfer:
        before = {cell.scene for cell in CELLS[:index] if cell.variant == "nextitnet"}
        assert set(CELLS[index].foreign) <= before


def test_a_log_of_ones_own_gets_every_part_but_the_transfer() -> None:
    cells = all_cells(["my-shop"])
    assert {cell.scene for cell in cells} == {"my-shop"}
    assert {cell.part for cell in cells} == {"scenes", "losses", "front", "teachers", "paper"}
    assert {cell.seed for cell in cells if cell.part == "scenes"} == {0, 1, 2}
