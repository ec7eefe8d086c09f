"""Which vendor's export a file is, or which table it may serve: asked by `init` and `check`, and by a profile with
several routes."""
