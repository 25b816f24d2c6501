"""How long tests wait."""

# How long anything may take before a test gives up on it, in seconds. Nobody waits so
# long for what comes, and no machine is so busy: only what never comes fails.
PATIENCE = 240
