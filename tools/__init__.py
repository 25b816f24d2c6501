from . import (
    budget,
    helpcrunch_api,
    log,
    matching,
    placeholders,
    signature,
    text,
    webhook,
    worker,
)
