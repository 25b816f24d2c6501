from . import (
    test_concurrency,
    test_delivery,
    test_engine,
    test_i18n,
    test_queries,
    test_screens,
    test_steps,
    test_story,
    test_tours,
    test_views,
    test_webhook,
)
