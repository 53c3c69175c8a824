"""Blend a trained model with counting; the validation item chooses how much of each."""

from adarec.data.scene import read_scene
from adarec.data.transitions import SUCCESSORS, most_frequent_transitions
from adarec.nets.blending import choose_weights
from adarec.nets.folders import read_student, read_teacher, write_blend
from adarec.runs.files import write_json
from adarec.stages.context import StageContext, validation_of


def run(context: StageContext) -> None:
    """Leaves counts.npz, weights.json and blend.json (all weights that were tried)."""
    length = context.settings["length"]
    scene, folder = read_scene(context.parents["scene"]), context.parents["model"]
    is_teacher = (folder / "teacher.json").exists()
    model = read_teacher(folder) if is_teacher else read_student(folder)[0]
    transitions = most_frequent_transitions(scene, most=SUCCESSORS)
    context.say("Choosing the weights on the validation item", 0.1)
    validation = validation_of(scene, length=length, seed=context.seed)
    weights, tried = choose_weights(model, transitions, validation)
    write_blend(context.folder, transitions, weights)
    write_json(context.folder / "blend.json", {"tried": tried})
