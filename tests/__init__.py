from . import test_engine, test_queries, test_webhook
