from . import (
    answers,
    budget,
    commands,
    helpcrunch_api,
    log,
    matching,
    placeholders,
    schedule,
    signature,
    text,
    webhook,
    worker,
)
