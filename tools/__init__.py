from . import (
    answers,
    budget,
    commands,
    helpcrunch_api,
    log,
    matching,
    placeholders,
    signature,
    text,
    webhook,
    worker,
)
