from . import (
    helpcrunch_bot,
    helpcrunch_cart,
    helpcrunch_cart_line,
    helpcrunch_chat,
    helpcrunch_step,
    product_product,
    sale_order,
)
