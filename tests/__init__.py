from . import (
    test_concurrency,
    test_delivery,
    test_drawing,
    test_engine,
    test_example,
    test_i18n,
    test_queries,
    test_screens,
    test_steps,
    test_story,
    test_tours,
    test_webhook,
)
