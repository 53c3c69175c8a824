"""The data half of the pictures of short and long histories."""

import numpy as np

from app.figures import colours
from app.figures.results.augmented_histories import (
    augmented_histories_info,
    draw_augmented_histories,
)
from app.figures.results.metrics_by_length import draw_metrics_by_length, metrics_by_length_info
from tests.app.fake_numbers import fake_metrics_by_length

EXAMPLES = [
    {
        "user_id": "u1",
        "pseudo": 2,
        "item_ids": ["a", "b", "c"],
        "titles": ["Alpha & <Omega>", None, "Gamma"],
    },
    {"user_id": "u2", "pseudo": 1, "item_ids": ["d", "a", "b"], "titles": [None, None, None]},
]


def test_buckets_name_their_lengths_and_the_best_counting_of_all() -> None:
    info = metrics_by_length_info(fake_metrics_by_length())
    assert info.buckets == ["1 to 3", "20 and more"]
    assert info.users == [20, 40]
    assert info.baseline == "most often after the last item"
    assert info.rows()[1] == {
        "training items": "20 and more",
        "users": 40,
        "most often after the last item NDCG@10": 0.8 * 0.07,
        "teacher NDCG@10": 0.07,
        "student NDCG@10": 0.9 * 0.07,
    }
    figure = draw_metrics_by_length(info)
    assert [trace.name for trace in figure.data] == [info.baseline, "teacher", "student"]
    assert figure.data[1].x == ("1 to 3<br>20 users", "20 and more<br>40 users")


def test_the_same_search_without_augmentation_is_dashed_beside_it() -> None:
    entries, before = fake_metrics_by_length(), fake_metrics_by_length()
    for entry in before:
        for role in ("teacher", "student"):
            entry[role] = entry[role] | {"ndcg@10": 0.5 * entry[role]["ndcg@10"]}
    info = metrics_by_length_info(entries, plain=before, plain_run="r-1")
    row = info.rows()[1]
    assert row["teacher NDCG@10"] == 0.07
    assert row["teacher without augmentation NDCG@10"] == 0.035
    assert row["student without augmentation NDCG@10"] == 0.45 * 0.07
    assert "run r-1" in info.explanation
    dashes = {line.name: line.line.dash for line in draw_metrics_by_length(info).data}
    assert dashes == {
        info.baseline: "solid",
        "teacher": "solid",
        "student": "solid",
        "teacher without augmentation": "dash",
        "student without augmentation": "dash",
    }


def test_pseudo_priors_and_real_items_are_told_apart() -> None:
    info = augmented_histories_info(EXAMPLES)
    assert info.rows()[0] == {
        "user": "u1",
        "pseudo-priors": "Alpha & <Omega>, b",
        "real items": "Gamma",
    }
    assert info.rows()[1]["real items"] == "a, b"


def test_histories_are_aligned_at_their_first_real_item() -> None:
    (heat,) = draw_augmented_histories(augmented_histories_info(EXAMPLES)).data
    assert heat.x == ("-2", "-1", "1", "2")
    kinds = np.array(heat.z, dtype=float)
    np.testing.assert_array_equal(kinds, [[0, 0, 1, np.nan], [np.nan, 0, 1, 1]])
    assert heat.text[0][0] == "<i>Alpha &amp;…</i>"
    assert list(heat.text[1]) == ["", "<i>d</i>", "a", "b"]
    assert heat.customdata[0][2] == "Gamma"


def test_labels_can_be_read_on_both_kinds_of_cells() -> None:
    (heat,) = draw_augmented_histories(augmented_histories_info(EXAMPLES)).data
    for _, colour in heat.colorscale:
        assert colours.text_on(colour) == heat.textfont.color


def test_nobody_augmented_is_an_empty_picture() -> None:
    info = augmented_histories_info([])
    assert info.rows() == []
    assert draw_augmented_histories(info).data[0].x == ()
