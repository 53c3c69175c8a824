"""Errors that a user can act on: each says what was found, what is needed and what to do."""


class AdarecError(Exception):
    """Root of all errors that are shown to a user as one line, without a traceback."""


class LogError(AdarecError):
    """An interaction log cannot be read or holds too little to make a scene."""


class SettingsError(AdarecError):
    """A setting is unknown, out of range, or does not fit the others."""


class SceneError(AdarecError):
    """A scene is missing, its name is taken, or it cannot serve the purpose asked for."""


class WorkspaceError(AdarecError):
    """A workspace, or the database of its records, cannot be opened."""


class RunError(AdarecError):
    """A run is missing, in the wrong state, or failed."""


class RunIsHeldError(RunError):
    """Another process executes the run."""


class ArtefactError(AdarecError):
    """A stage's folder is missing, incomplete or unreadable."""


class RegistryError(AdarecError):
    """A name is registered twice, or is not in the catalogue."""


class TargetError(AdarecError):
    """The speed-up asked for cannot be reached by any architecture of the search space."""


class StopRequested(Exception):
    """Raised inside a stage when its run was asked to stop; what was checkpointed stays."""
