"""The search as a stage: stopped in any of its parts it resumes to the same cells."""

from pathlib import Path

import pytest

from adarec.errors import StopRequested
from adarec.nets.plain_stacks import plain_stacks
from adarec.nets.random_cells import NEAR_LIMIT
from adarec.nets.selection import SHORTLIST
from adarec.runs.files import read_json
from tests.nets.small_models import Notes
from tests.stages.stage_runs import StageRun, own_items_scene, run_stage, run_stages, steps_of

LEFT = ("genotype", "candidates", "finalists", "front", "search")
CHANGED = {
    "search__finalists": 3,
    "search__drawn_finalists": 0,
    "search__finalist_epochs": 2,
    "search__evolved": 12,
}


class Said(Notes):
    """Keeps the messages, too."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__(stop_at)
        self.messages: list[str] = []

    def tick(self, *, epoch: int, epochs: int, fraction: float, message: str = "") -> None:
        self.messages.append(message)
        super().tick(epoch=epoch, epochs=epochs, fraction=fraction, message=message)


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory) -> StageRun:
    """Costs and teacher."""
    folder = tmp_path_factory.mktemp("parents")
    return run_stages(own_items_scene(), folder, roles=("costs", "teacher"), **CHANGED)


def search(parents: StageRun, folder: Path, watch: Notes, **changed: object) -> dict[str, object]:
    """What a search leaves, by the file's name."""
    steps = steps_of(own_items_scene(), **CHANGED | changed)
    step = next(step for step in steps if step.role == "search")
    run_stage(step, folder, parents.folders, watch)
    return {name: read_json(folder / f"{name}.json") for name in LEFT}


@pytest.fixture(scope="module")
def undisturbed(parents: StageRun, tmp_path_factory: pytest.TempPathFactory):
    """What an undisturbed search leaves, and what it said."""
    watch = Said()
    return search(parents, tmp_path_factory.mktemp("whole") / "search", watch), watch


def test_each_part_tells_how_far_it_is(undisturbed) -> None:
    found, watch = undisturbed
    assert watch.fractions == sorted(watch.fractions)
    assert watch.fractions[-1] == pytest.approx(1.0)
    count = found["search"]["validated_cells"]
    parts = [f"Validated {done} of {count} cells" for done in range(count)]
    confirmed = sum(c["confirmed_ndcg@10"] is not None for c in found["candidates"])
    assert 1 < confirmed <= SHORTLIST
    parts += [
        f"Validated {done} of {confirmed} best cells on users of the whole scene"
        for done in range(confirmed)
    ]
    parts += [f"Finalist {number} of 3" for number in (1, 2, 3)]
    assert list(dict.fromkeys(watch.messages)) == ["", *parts]
    assert sorted(watch.epochs) == [1, 2], "the supernet's epochs and no others are recorded"


@pytest.mark.parametrize(
    "part", ["", "Validated 14", "Validated 1 of", "Finalist 1", "Finalist 3"]
)
def test_a_search_stopped_in_any_part_resumes_to_the_same_cells(
    parents: StageRun, undisturbed, part: str, tmp_path: Path
) -> None:
    expected, whole = undisturbed
    told = [place for place, said in enumerate(whole.messages) if said.startswith(part)]
    folder, stop_at = tmp_path / "search", told[len(told) // 2] + 1
    with pytest.raises(StopRequested):
        search(parents, folder, Notes(stop_at=stop_at))
    assert not (folder / "genotype.json").exists()
    assert search(parents, folder, Notes()) == expected


def test_a_plain_stack_is_among_the_finalists(
    parents: StageRun, undisturbed, tmp_path: Path
) -> None:
    found, _ = undisturbed
    num_nodes = found["genotype"]["num_nodes"]
    stacks = [genotype.to_json() for genotype in plain_stacks(num_nodes)]
    assert sum(each["genotype"] in stacks for each in found["finalists"]) >= 1
    assert any(each["genotype"] in stacks for each in found["front"])
    without = search(parents, tmp_path / "without", Notes(), search__plain_stack=False)
    assert without["front"] != found["front"]


def test_random_cells_are_among_the_finalists(
    parents: StageRun, undisturbed, tmp_path: Path
) -> None:
    found = search(parents, tmp_path / "drawn", Notes(), search__drawn_finalists=2)
    assert len(found["finalists"]) == 5
    limit = found["search"]["target"]["limit"]
    drawn = [each["cost"] for each in found["finalists"] if each["origin"] == "random"]
    assert len(drawn) == 2
    assert min(drawn) >= NEAR_LIMIT * limit
    assert {str(each["genotype"]) for each in found["finalists"]} <= {
        str(each["genotype"]) for each in found["front"]
    }


def test_one_finalist_is_the_best_predicted_one(parents: StageRun, tmp_path: Path) -> None:
    found = search(parents, tmp_path / "one", Notes(), search__finalists=1)
    assert found["finalists"] == []
    assert found["candidates"][0]["genotype"] == found["genotype"]


def test_nothing_is_evolved_where_it_is_switched_off(parents: StageRun, tmp_path: Path) -> None:
    changed = {"search__finalists": 1, "search__evolved": 0, "search__candidates": 4}
    found = search(parents, tmp_path / "none", Notes(), **changed)
    assert 1 <= found["search"]["validated_cells"] <= 4 + 2 + 2


def test_another_seed_searches_elsewhere(parents: StageRun, undisturbed, tmp_path: Path) -> None:
    """The comparisons above can fail."""
    found = search(parents, tmp_path / "other", Notes(), seed=1)
    assert found["front"] != undisturbed[0]["front"]
