"""The student's first item table is the best view of the teacher's in its width."""

import pytest
import torch
from torch import nn

from adarec.nets.students.student import Supernet
from adarec.nets.students.warm_start import inherit_item_table
from adarec.nets.teachers import build_teacher

ITEMS = 30


@pytest.mark.parametrize("name", ["nextitnet", "dt4sr"])
@pytest.mark.parametrize(("teacher_width", "student_width"), [(16, 8), (8, 8), (8, 16)])
def test_embeddings_map_back_to_the_teachers_as_well_as_rank_allows(
    name: str, teacher_width: int, student_width: int
) -> None:
    torch.manual_seed(0)
    sizes = {"num_blocks": 2, "width": teacher_width, "num_layers": 2, "num_heads": 1}
    teacher = build_teacher(name, num_items=ITEMS, length=5, sizes=sizes, dropout=0.0)
    student = Supernet(
        num_items=ITEMS, width=student_width, num_cells=1, num_nodes=2, dropout=0.0
    ).student
    projection = nn.Linear(student_width, teacher.hidden_width)
    inherit_item_table(student, teacher, [projection])

    items = torch.arange(1, ITEMS + 1).unsqueeze(0)
    taught = teacher.item_table(items)[0].detach()
    mapped_back = projection(student.item_table(items))[0].detach()
    values = torch.linalg.svdvals(taught)
    least = values[student_width:].square().sum()  # Eckart-Young
    assert (mapped_back - taught).square().sum().item() == pytest.approx(
        least.item(), rel=1e-3, abs=1e-6
    )


def test_padding_stays_zero() -> None:
    torch.manual_seed(0)
    sizes = {"num_blocks": 2, "width": 16, "num_layers": 2, "num_heads": 1}
    teacher = build_teacher("nextitnet", num_items=ITEMS, length=5, sizes=sizes, dropout=0.0)
    student = Supernet(num_items=ITEMS, width=8, num_cells=1, num_nodes=2, dropout=0.0).student
    inherit_item_table(student, teacher, [nn.Linear(8, 16)])
    assert student.item_table(torch.zeros(1, 1, dtype=torch.int64)).abs().max() == 0
