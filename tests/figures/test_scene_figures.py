"""The data half of the pictures on the Scenes page."""

import pytest

from app.figures import colours
from app.figures.scenes.count_baselines import count_baselines_info, draw_count_baselines
from app.figures.scenes.interactions_over_time import (
    draw_interactions_over_time,
    interactions_over_time_info,
)
from app.figures.scenes.item_popularity import draw_item_popularity, item_popularity_info
from app.figures.scenes.repeats import draw_repeats, repeats_info
from app.figures.scenes.scene_character import (
    draw_scene_character,
    gini,
    scene_character_info,
)
from app.figures.scenes.sequence_lengths import draw_sequence_lengths, sequence_lengths_info


def test_lengths_name_single_lengths_and_ranges() -> None:
    info = sequence_lengths_info({"edges": [3, 4, 8], "users": [5, 2]}, training_length_p90=6)
    assert info.rows() == [{"length": "3", "users": 5}, {"length": "4 to 7", "users": 2}]
    figure = draw_sequence_lengths(info)
    assert list(figure.data[0].y) == [5, 2]


@pytest.mark.parametrize(
    ("length", "place"), [(3, 0.0), (4, 0.625), (7, 1.375), (1, 0.0), (99, 1.375)]
)
def test_a_length_stands_inside_its_bin(length: int, place: float) -> None:
    # The bins hold 3 and 4 to 7; on the axis they reach from -1/2 to 1/2 and on to 3/2.
    info = sequence_lengths_info({"edges": [3, 4, 8], "users": [5, 2]}, training_length_p90=6)
    assert info.place_of(length) == pytest.approx(place)


def test_a_long_tail_keeps_a_readable_axis() -> None:
    edges = [3, 10, 100, 1000, 4000]
    info = sequence_lengths_info({"edges": edges, "users": [9, 5, 2, 1]}, training_length_p90=243)
    figure = draw_sequence_lengths(info)
    assert list(figure.data[0].x) == [0, 1, 2, 3]
    assert 1.5 < figure.layout.shapes[0].x0 < 2.5
    assert figure.layout.annotations[0].x == figure.layout.shapes[0].x0


def test_the_share_of_users_counts_the_events_that_are_held_out() -> None:
    # Lengths 3 to 12, ten users: nine have 11 events or fewer, of which 9 are trained on.
    edges = list(range(3, 14))
    info = sequence_lengths_info({"edges": edges, "users": [1] * 10}, training_length_p90=9)
    figure = draw_sequence_lengths(info)
    assert figure.layout.annotations[0].text == "90 % ≤ 11"
    assert figure.layout.shapes[0].x0 == pytest.approx(8)


def test_popularity_compares_with_equal_items() -> None:
    info = item_popularity_info(
        {"rank": [1, 4], "share": [0.7, 0.1], "cumulative_share": [0.7, 1.0]}
    )
    figure = draw_item_popularity(info)
    assert list(figure.data[0].y) == [0.7, 1.0]
    assert list(figure.data[1].y) == [0.25, 1.0]
    assert info.rows()[0] == {
        "most popular items": 1,
        "share of one": 0.7,
        "share of all up to it": 0.7,
    }


def test_relative_times_become_days_since_the_first_event() -> None:
    over_time = {"edges": [100.0, 100.0 + 86_400, 100.0 + 2 * 86_400], "interactions": [3, 4]}
    info = interactions_over_time_info(over_time, time_kind="relative")
    assert info.rows() == [
        {"from day": 0.0, "interactions": 3},
        {"from day": 1.0, "interactions": 4},
    ]
    assert "days" in draw_interactions_over_time(info).layout.xaxis.title.text


def test_dates_are_shown_as_dates() -> None:
    over_time = {"edges": [0.0, 86_400.0], "interactions": [3]}
    info = interactions_over_time_info(over_time, time_kind="date")
    assert info.rows()[0]["from"].year == 1970
    assert "date" in draw_interactions_over_time(info).layout.xaxis.title.text


def test_a_scene_without_repeats_still_has_a_readable_axis() -> None:
    info = repeats_info({"lag": [1, 2], "share": [0.0, 0.0]}, repeat_share=0.0)
    low, high = draw_repeats(info).layout.yaxis.range
    assert low == 0
    assert high > 0
    assert info.title.startswith("Repeats: 0.0%")


def test_the_best_baseline_stands_out() -> None:
    baselines = {"popularity": {"ndcg@10": 0.1}, "own_frequency": {"ndcg@10": 0.3}}
    info = count_baselines_info(baselines)
    assert info.rows()[1] == {"baseline": "own most frequent items", "NDCG@10": 0.3}
    faint, full = draw_count_baselines(info).data[0].marker.color
    assert faint.endswith("0.5)")
    assert full.endswith("1.0)")


@pytest.mark.parametrize(
    ("shares", "skew"),
    [([0.25, 0.5, 0.75, 1.0], 0.0), ([1.0, 1.0, 1.0, 1.0], 0.75), ([0.5, 1.0, 1.0, 1.0], 0.5)],
)
def test_the_popularity_skew_is_the_gini_coefficient(shares: list[float], skew: float) -> None:
    assert gini({"rank": [1, 2, 3, 4], "cumulative_share": shares}) == pytest.approx(skew)


def test_scenes_without_statistics_keep_their_row() -> None:
    summary = {"median_length": 12.0, "repeat_share": 0.25}
    popularity = {"rank": [1, 2], "cumulative_share": [0.5, 1.0]}
    info = scene_character_info(
        {"shop": (summary, {"popularity": popularity}), "other": (summary, {})}
    )
    row = {"median events": 12.0, "repeat share": 0.25}
    unknown = {"drift": None, "popular items": None, "item after item": None}
    assert info.rows() == [
        {"scene": "shop", **row, "popularity skew": 0.0, **unknown},
        {"scene": "other", **row, "popularity skew": None, **unknown},
    ]
    assert len(draw_scene_character(info).data) == 6


def test_plots_stand_in_rows_that_do_not_overlap() -> None:
    info = scene_character_info({"shop": ({}, {}), "other": ({}, {})})
    layout = draw_scene_character(info, columns=3).layout
    upper, lower = layout.yaxis.domain, layout.yaxis4.domain
    assert layout.xaxis.domain == layout.xaxis4.domain
    assert lower[1] < upper[0]


def test_a_scene_stands_out_beside_the_others_with_drift_and_predictability() -> None:
    statistics = {
        "popularity": {"rank": [1, 2], "cumulative_share": [0.5, 1.0]},
        "drift": {"similarity_to_first": [1.0, 0.75], "similarity_to_previous": [1.0, 0.75]},
        "baselines_validation": {
            "popularity": {"ndcg@10": 0.1},
            "last_item_transitions": {"ndcg@10": 0.4},
        },
    }
    info = scene_character_info(
        {"other": ({}, statistics), "shop": ({"median_length": 5}, statistics)},
        looked_at="shop",
    )
    assert info.rows()[1] == {
        "scene": "shop",
        "median events": 5,
        "repeat share": None,
        "popularity skew": 0.0,
        "drift": 0.25,
        "popular items": 0.1,
        "item after item": 0.4,
    }
    figure = draw_scene_character(info)
    assert len(figure.data) == 6
    other, shop = figure.data[0].marker.color
    assert other != shop == colours.ACCENT
