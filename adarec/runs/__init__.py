"""Records of scenes and runs, the artefact folders of stages, and their readers and writers."""
