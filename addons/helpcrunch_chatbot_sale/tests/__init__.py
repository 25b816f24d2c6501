from . import (
    test_broadcast,
    test_cart_life,
    test_companies,
    test_drawing,
    test_i18n,
    test_people,
    test_prices,
    test_queries,
    test_sale_login,
    test_shopping,
    test_threads,
    test_words,
)
