"""The plan of runs whose layer mapping has settings or a stage of its own."""

import pytest

from adarec import catalog
from adarec.config import adapt_settings
from adarec.plan import ScenePart, plan_adaptation
from tests.test_plan import SCENE, changed_roles, plan


def test_dfa_searches_its_aggregation_between_search_and_distillation() -> None:
    steps = plan(losses__mapping="dfa", controls=1)
    assert list(steps)[:6] == ["costs", "teacher", "search", "aggregation", "student", "measure"]
    key = steps["aggregation"].key
    assert key.startswith("search_aggregation-")
    assert set(steps["aggregation"].parents) == {"scene", "teacher", "search"}
    for role in ("student", "control-random-1", "control-all-skip"):  # all by the same one
        assert steps[role].parents["aggregation"] == key
    # The search is a uniform run's, and knows nothing of DFA.
    assert steps["search"] == plan(losses__mapping="uniform")["search"]


@pytest.mark.parametrize(
    ("key", "mapping", "roles"),
    [
        ("dfa__window", "dfa", ["aggregation", "student", "measure"]),
        ("dfa__epochs", "dfa", ["aggregation", "student", "measure"]),
        ("adain__weight", "adain", ["search", "student", "measure"]),
    ],
)
@pytest.mark.parametrize("used", [entry.name for entry in catalog.MAPPINGS])
def test_settings_of_a_mapping_leave_the_keys_of_others(
    key: str, mapping: str, roles: list[str], used: str
) -> None:
    value = "all" if key == "dfa__window" else 7
    changed = changed_roles(plan(losses__mapping=used), plan(losses__mapping=used, **{key: value}))
    assert changed == (roles if used == mapping else [])


def test_runs_without_a_mapping_of_many_parts_keep_the_settings_that_they_had() -> None:
    """Their keys name what was computed before there were such mappings."""
    for step in plan(controls=1).values():
        assert not {"dfa", "adain", "aggregation"} & set(step.settings)


def test_a_point_of_the_front_has_an_aggregation_of_its_own() -> None:
    chosen, point = plan(losses__mapping="dfa"), plan(losses__mapping="dfa", point=1)
    assert changed_roles(chosen, point) == ["aggregation", "student", "measure"]
    assert point["aggregation"].settings["point"] == 1


def test_an_adaptation_distils_by_the_aggregation_of_its_source() -> None:
    names = {"source": "old", "target": "new"}
    settings = adapt_settings(adaptation=names, overrides={"losses.mapping": "dfa"})
    target = ScenePart("ingest-2", num_items=100, training_length_p90=20)
    planned = plan_adaptation(settings, SCENE, target, machine="here")
    steps = {step.role: step for step in planned}
    assert steps["aggregation"] == plan(losses__mapping="dfa")["aggregation"]
    for role in ("student", "source_only", "oracle"):
        assert steps[role].parents["aggregation"] == steps["aggregation"].key
