"""The steps that runs are made of, and what each of them reads of the settings."""

from collections.abc import Mapping
from typing import Any

from adarec import catalog
from adarec.config import RunSettings, reverse_model_settings
from adarec.plan.keys import ScenePart, Step, stage_key

TEACHER_SHAPE = {"name", "num_blocks", "width", "num_heads", "num_layers", "attention"}
SUPERNET_SIZES = {"width", "num_cells", "num_nodes", "dropout"}
DISTILLATION_STEPS = {"learning_rate", "weight_decay", "batch_positions"}
# In the keys of counted tables only, so that those from before it, without attention, are not
# read again while measured ones are.
_COUNTING = {"flops": {"counting": "calls"}}


def _settings_of_others(name: str) -> set[str]:
    """Teacher settings that decide nothing for teacher `name`: only another one reads them."""
    others = (entry for entry in catalog.TEACHERS if entry.name != name)
    return {field for entry in others for field in entry.own_settings}


def starts_from_reverse_model(settings: RunSettings) -> bool:
    """Whether the teacher starts from the weights of the model that wrote the pseudo-priors: only
    a model of its kind and sizes can.
    """
    augment = settings.augment
    return augment.name == "asrep" and augment.warm_start and settings.teacher.name == "sasrec"


class Plan:
    """Steps in the making."""

    def __init__(self, settings: RunSettings, scene: ScenePart, machine: str) -> None:
        self.settings, self.scene, self.machine = settings, scene, machine
        self.length = max(1, min(settings.length_cap, scene.training_length_p90))
        self.teacher = settings.teacher.for_catalogue(scene.num_items)
        self.steps: list[Step] = []

    @property
    def distillation(self) -> dict[str, Any]:
        """Settings of every distilled student, the controls' too."""
        settings = self.settings
        own = self.learning | {
            "student": settings.student.model_dump(),
            "losses": self.losses,
        }
        return own | self.mapping_settings

    @property
    def losses(self) -> dict[str, Any]:
        """The losses of every student. Only a teacher that is blended with counts leaves one out,
        and keys from before it could are those of `leave_one_out` false.
        """
        losses, unread = self.settings.losses, set(self.settings.losses.unread)
        if self.settings.blend != "counts" or not losses.leave_one_out:
            unread.add("leave_one_out")
        return losses.model_dump(exclude=unread)

    @property
    def mapping(self) -> catalog.LayerMapping:
        """The run's layer mapping."""
        return catalog.find(catalog.MAPPINGS, self.settings.losses.mapping)

    @property
    def mapping_settings(self) -> dict[str, Any]:
        """The settings that the mapping alone reads where it is used; a stage of its own has them
        otherwise.
        """
        section = "" if self.mapping.stage else self.mapping.section
        return self.settings.model_dump(include={section}) if section else {}

    @property
    def of_student(self) -> dict[str, Any]:
        """As `distillation`, with the point of the search's front where one was asked for."""
        return self.distillation | self.chosen_point

    @property
    def chosen_point(self) -> dict[str, int]:
        """The point of the search's front that is the student, where one was asked for."""
        point = self.settings.point
        return {} if point is None else {"point": point}

    @property
    def learning(self) -> dict[str, Any]:
        """How every stage that learns from the scene cuts and reads its histories."""
        augment = self.settings.augment
        on_pseudo = augment.name != "none" and augment.train_on_pseudo
        return {"length": self.length} | ({"train_on_pseudo": True} if on_pseudo else {})

    @property
    def costing(self) -> dict[str, Any]:
        """Settings of every stage that measures costs, or counts them: what is counted is so on
        every machine.
        """
        cost = self.settings.cost
        machine = self.machine if cost == "latency" else "any"
        return {"cost": cost, "machine": machine, "length": self.length, **_COUNTING.get(cost, {})}

    @property
    def measurement(self) -> dict[str, Any]:
        """Settings of both measurements: their times belong to a machine."""
        return {"length": self.length, "machine": self.machine}

    def find_cell(self) -> tuple[dict[str, str], dict[str, str]]:
        """Role -> key of the scene, of what a student learns from and of the search, with what
        prepares the mapping; and of the teacher's blend with counting, empty without one.
        """
        costs = self.measure_costs()  # first: a speed-up out of reach is refused within seconds
        read = self.augment_scene()
        base = {"scene": read, "teacher": self.train_teacher(read)}
        blend = self.blend_counts("blend", read, base["teacher"])
        taught = base | (blend if self.settings.blend == "counts" else {})
        search = self.search_student(taught | {"costs": costs})
        prepared = self.prepare_mapping(base | {"search": search})
        return taught | {"costs": costs, "search": search} | prepared, blend

    def prepare_mapping(self, parents: dict[str, str]) -> dict[str, str]:
        """Role and key of the stage between search and distillation, where the mapping has one."""
        if not self.mapping.stage:
            return {}
        settings = self.settings
        own = self.learning | {
            "student": settings.student.model_dump(include=SUPERNET_SIZES),
            "search": settings.search.model_dump(include=DISTILLATION_STEPS),
            "hidden_distance": settings.losses.hidden_distance,
        }
        own |= settings.model_dump(include={self.mapping.section}) | self.chosen_point
        role = self.mapping.stage.removeprefix("search_")
        return {role: self.add(role, self.mapping.stage, parents, own)}

    def blend_student(self, found: dict[str, str]) -> dict[str, str]:
        """As `blend_counts`, for a student that carries the counts itself."""
        if self.settings.blend != "hybrid":
            return {}
        return self.blend_counts("hybrid", found["scene"], found["student"])

    def blend_rivals(self, scene: str, rivals: Mapping[str, str]) -> dict[str, str]:
        """As `blend_student`, for each student (role -> key) that it is compared with: the counts'
        weights are chosen for each anew, under the role `hybrid-` and its own.
        """
        if self.settings.blend != "hybrid":
            return {}
        found: dict[str, str] = {}
        for role, key in rivals.items():
            found |= self.blend_counts(f"hybrid-{role}", scene, key)
        return found

    def augment_scene(self) -> str:
        """The key of the scene that all later stages read: augmented, or the scene's own."""
        augment = self.settings.augment
        if augment.name == "none":
            return self.scene.key
        reverse = reverse_model_settings(self.settings).for_catalogue(self.scene.num_items)
        not_its_own = {"name", "epochs"} | _settings_of_others("sasrec") | reverse.unread
        own = {
            "length": self.length,
            "longest": min(augment.longest, self.length),
            "items": augment.items,
            "reverse": reverse.model_dump(exclude=not_its_own) | {"epochs": augment.epochs},
        }
        return self.add("augment", "augment_scene", {"scene": self.scene.key}, own)

    def train_teacher(self, scene: str) -> str:
        """The teacher's key."""
        settings = self.settings
        unread = _settings_of_others(self.teacher.name) | self.teacher.unread
        own = self.learning | {"teacher": self.teacher.model_dump(exclude=unread)}
        if starts_from_reverse_model(settings):
            own["start"] = "reverse"
        return self.add("teacher", "train_teacher", {"scene": scene}, own)

    def blend_counts(self, role: str, scene: str, model: str) -> dict[str, str]:
        """The role and key of the blend of a model (role "model") with counting; empty without
        blending.
        """
        if self.settings.blend == "none":
            return {}
        parents, own = {"scene": scene, "model": model}, {"length": self.length}
        return {role: self.add(role, "blend_counts", parents, own)}

    def measure_costs(self) -> str:
        """The cost table's key: the same for all scenes of equal sizes on one machine."""
        settings = self.settings
        shape = TEACHER_SHAPE - _settings_of_others(settings.teacher.name)
        own = self.costing | {
            "num_items": self.scene.num_items,
            "teacher": settings.teacher.model_dump(include=shape),
            "student": settings.student.model_dump(include={"width", "num_cells", "num_nodes"}),
        }
        if settings.blend == "hybrid" and settings.cost == "latency":
            own["counts"] = True
        return self.add("costs", "measure_costs", {}, own, seed=0, threads=1)

    def search_student(self, parents: dict[str, str]) -> str:
        """The search's key. Only finalists are distilled in it."""
        settings = self.settings
        has_finalists = settings.search.finalists > 1
        sizes = SUPERNET_SIZES | (DISTILLATION_STEPS if has_finalists else set())
        own = self.learning | {
            "student": settings.student.model_dump(include=sizes),
            "search": settings.search.model_dump(exclude=settings.search.unread),
            "losses": self.losses | {"mapping": self.mapping.in_search},
            "speedup": settings.speedup,
            "default_speedup": settings.default_speedup,
        }
        return self.add("search", "search_student", parents, own | self.mapping_settings)

    def add(
        self,
        role: str,
        stage: str,
        parents: dict[str, str],
        settings: dict[str, Any],
        *,
        seed: int | None = None,
        threads: int | None = None,
    ) -> str:
        """Appends a step and gives its key."""
        seed = self.settings.seed if seed is None else seed
        threads = self.settings.threads if threads is None else threads
        key = stage_key(stage, settings=settings, parents=parents, seed=seed, threads=threads)
        self.steps.append(Step(role, stage, key, parents, settings, seed, threads))
        return key
