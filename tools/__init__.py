from . import (
    answers,
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
