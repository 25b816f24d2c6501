"""Looking at products, and saying how many."""

from odoo.fields import Domain

from odoo.addons.helpcrunch_chatbot.models.script.helpcrunch_step import WAIT

from ..tools import words
from .talk import Talk
from .wording import get_units

_MOST_LINES = 30
_MOST_WORDS = 6
_ORDER = "name, id"


class Browsing(Talk):
    """Places ``browse`` and ``quantity``."""

    # === LOOKING AT PRODUCTS === #

    def _ask_browse(self, heading=None):
        """List a page of products."""
        step, cart = self.step, self.cart
        domain = self._get_domain()
        total = self._products.search_count(domain)
        if not total:
            return self._ask_elsewhere(heading)
        size = step.sale_page_size
        pages = -(-total // size)
        page = min(max(cart.page, 1), pages)
        first = (page - 1) * size
        products = self._products.search(domain, order=_ORDER, limit=size, offset=first)
        listed = [*(cart.listed or [])[:first], *products.ids]
        if len(listed) < first + len(products):
            # Nobody has read the pages before: there are products missing in between.
            before = self._products.search(domain, order=_ORDER, limit=first)
            listed = [*before.ids, *products.ids]
        cart.write({"place": "browse", "page": page, "listed": listed})
        self._ask(
            heading or self._tell_heading(first, len(products), total),
            *self._list_products(products, first),
            self._tell_cart(),
            self._tell_ways(page, pages),
        )
        return WAIT

    def _get_domain(self):
        domain = self.step._get_catalogue()
        for pattern in words.split_search(self.cart.words or "", _MOST_WORDS):
            domain &= Domain.OR(
                Domain(name, "ilike", pattern)
                for name in ("name", "default_code", "categ_id.name")
            )
        return domain

    def _ask_elsewhere(self, heading):
        """Nothing is there: show everything if words were looked for, else go on."""
        if self.cart.words:
            self.cart._begin_anew()
            return self._ask_browse(heading)
        self._say(self.env._("There is nothing to order at the moment."))
        return self._leave()

    def _tell_heading(self, first, count, total):
        numbers = {"first": first + 1, "last": first + count, "total": total}
        if self.cart.words:
            return self.env._(
                "Found: %(total)s. Numbers %(first)s to %(last)s:", **numbers
            )
        return self.env._("Products %(first)s to %(last)s of %(total)s:", **numbers)

    def _list_products(self, products, first):
        rows = [(product, 1, product.uom_id) for product in products]
        order = self.cart._draft_order(rows)
        return [
            f"{first + number}. {line.product_id.display_name} — "
            + self.wording.tell_price(line)
            for number, line in enumerate(order.order_line, 1)
        ]

    def _tell_ways(self, page, pages):
        lines = [
            self.env._("Write the number of a product, or words to search for."),
        ]
        if page < pages:
            lines.append(self.env._("“next”: more products."))
        if page > 1:
            lines.append(self.env._("“back”: the page before."))
        if self.cart.words:
            lines.append(self.env._("“list”: all products."))
        if self.cart.line_ids:
            lines.append(self.env._("“cart”: look at it and order."))
        lines.append(self.env._("“leave”: go on without an order."))
        return "\n".join(lines)

    def _hear_browse(self, text, command):
        if command:
            return getattr(self, f"_browse_{command}")(text)
        number = words.read_item(text)
        if number is None:
            return self._search(text)
        listed = self.cart.listed or []
        if not 0 < number <= len(listed):
            return self._fail(
                self.env._(
                    "There is no number %(number)s in the list. Write a number from 1 "
                    "to %(last)s.",
                    number=number,
                    last=len(listed),
                )
            )
        return self._choose(listed[number - 1])

    def _browse_next(self, text):
        self.cart.page += 1
        return self._answered(text, self._ask_browse)

    def _browse_back(self, text):
        self.cart.page -= 1
        return self._answered(text, self._ask_browse)

    def _browse_list(self, text):
        self.cart._begin_anew()
        return self._answered(text, self._ask_browse)

    def _browse_yes(self, text):
        return self._answered(text, self._ask_browse)

    def _browse_cart(self, text):
        return self._answered(text, self._ask_cart)

    _browse_order = _browse_cart

    def _browse_empty(self, text):
        self.cart.line_ids.unlink()
        return self._browse_cart(text)

    def _browse_no(self, text):
        if self.cart.line_ids:
            return self._browse_cart(text)
        return self._browse_leave(text)

    def _browse_leave(self, text):
        return self._answered(text, self._leave)

    def _search(self, text):
        """Look for words in names, codes and categories, then for their beginnings.

        People decline words: «чаю» looks for «чай». Nothing found changes nothing.
        """
        former = self.cart.words
        for wanted in (text.strip()[:100], words.cut_endings(text[:100])):
            self.cart.words = wanted
            if words.split_search(wanted, 1) and self._products.search_count(
                self._get_domain(), limit=1
            ):
                self.cart.write({"page": 1, "listed": False})
                return self._answered(text, self._ask_browse)
        self.cart.words = former
        return self._fail(
            self.env._(
                "Nothing was found. Try other words, or write “list” to see all "
                "products."
            )
        )

    # === HOW MANY === #

    def _choose(self, product_id):
        product = self._products.browse(product_id).exists()
        if not self._is_sold(product):
            self._say_gone(product.mapped("display_name"))
            return self._ask_browse()
        if len(self.cart.line_ids) >= _MOST_LINES:
            return self._fail(
                self.env._(
                    "There are %(count)s products in the cart, and no more fit in. "
                    "Write “cart” to order them.",
                    count=_MOST_LINES,
                )
            )
        self.cart.write({"place": "quantity", "product_id": product.id})
        return self._answered(product.display_name, self._ask_quantity)

    def _ask_quantity(self):
        product = self.cart.product_id
        order = self.cart._draft_order([(product, 1, product.uom_id)])
        self._ask(
            self.env._(
                "%(product)s — %(price)s.",
                product=product.display_name,
                price=self.wording.tell_price(order.order_line),
            ),
            self._tell_other_units(product),
            self.env._("How many? “back”: to the list."),
        )
        return WAIT

    def _hear_quantity(self, text, command):
        if command in ("back", "no", "list", "next", "leave", "cart", "order"):
            self.cart.write({"place": "browse", "product_id": False})
            command = "yes" if command in ("back", "no", "next") else command
            return getattr(self, f"_browse_{command}")(text)
        product = self.cart.product_id
        quantity, uom, problem = self.wording.read_quantity(
            text, product, product.uom_id
        )
        if problem:
            return self._fail(problem)
        if not self._is_sold(product):
            self._say_gone([product.display_name])
            return self._browse_yes(text)
        line = self.cart._put_in(product, quantity, uom)
        self.cart.write({"place": "browse", "product_id": False})
        return self._answered(text, self._ask_more, line)

    def _ask_more(self, line):
        order = self.cart._draft_order()
        costs = next(
            row
            for row, own in zip(order.order_line, self.cart.line_ids, strict=True)
            if own == line
        )
        self._ask(
            self.env._("In the cart: %(line)s", line=self.wording.tell_line(costs)),
            self.wording.tell_total(order),
            self.env._("Anything else? Write a number or words to search for."),
            self.env._("“list”: all products. “cart”: look at it and order."),
        )
        return WAIT

    def _tell_other_units(self, product):
        others = ", ".join(get_units(product)[1:].mapped("name"))
        if not others:
            return None
        return self.env._(
            "Also in: %(units)s. Write the unit behind the number then.", units=others
        )

    def _tell_cart(self):
        if not self.cart.line_ids:
            return None
        order = self.cart._draft_order()
        return self.env._(
            "In your cart (%(count)s): %(total)s.",
            count=len(order.order_line),
            total=self.wording.tell_amount(order),
        )
