from . import test_concurrency, test_engine, test_queries, test_webhook
