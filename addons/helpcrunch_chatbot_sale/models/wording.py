"""Amounts, quantities and units as a customer reads and writes them."""

from odoo.tools import format_amount
from odoo.tools.misc import formatLang

from ..tools import words

_MOST_QUANTITY = 1_000_000


def get_units(product):
    """Return the units in which a product is sold, its own first."""
    return product.uom_id | product.uom_ids


def is_counted(uom):
    """Tell whether a unit is one of pieces, of which there are only whole ones.

    Odoo has one precision for all units; what is counted are its units, and the packs
    and dozens made of them.
    """
    piece = _get_piece(uom.env)
    root = (uom.parent_path or "").partition("/")[0]
    return bool(piece) and root == str(piece.id)


def _get_piece(env):
    return env.ref("uom.product_uom_unit", raise_if_not_found=False)


class Wording:
    """What is told of orders, in the language of an environment.

    :param env: in whose language
    """

    def __init__(self, env):
        self.env = env
        self.lang = env["res.lang"]._get_data(code=env.lang or "en_US")

    # === TOLD === #

    def tell_amount(self, order):
        """Return the total of an order."""
        return format_amount(self.env, order.amount_total, order.currency_id)

    def tell_price(self, line):
        """Return what one of a product costs; what is counted needs no unit."""
        price = format_amount(self.env, line.price_total, line.currency_id)
        if is_counted(line.product_uom_id):
            return price
        return self.env._(
            "%(price)s for 1 %(unit)s", price=price, unit=line.product_uom_id.name
        )

    def tell_line(self, line):
        """Return a line of an order: product, quantity, price and sum."""
        quantity = self.write_number(line.product_uom_qty)
        unit = self.name_unit(line.product_uom_id)
        each = format_amount(self.env, line.price_reduce_taxinc, line.currency_id)
        total = format_amount(self.env, line.price_total, line.currency_id)
        name = line.product_id.display_name
        return f"{name} — {quantity} {unit} × {each} = {total}"

    def tell_total(self, order):
        """Return the total of an order, with its taxes if it has any."""
        total = self.tell_amount(order)
        if not order.amount_tax:
            return self.env._("Total: %(total)s", total=total)
        return self.env._(
            "Total: %(total)s, including taxes: %(tax)s",
            total=total,
            tax=format_amount(self.env, order.amount_tax, order.currency_id),
        )

    def name_unit(self, uom):
        """Return the name of a unit; nobody buys "2 Units"."""
        return self.env._("pcs") if uom == _get_piece(self.env) else uom.name

    def write_number(self, number):
        """Return a number without noughts behind the point."""
        text = formatLang(self.env, number, dp="Product Unit")
        point = self.lang.decimal_point or "."
        return text.rstrip("0").rstrip(point) if point in text else text

    # === UNDERSTOOD === #

    def read_quantity(self, text, product, uom):
        """Return ``(quantity, unit, what is wrong)`` for a customer's text.

        :param uom: the unit that is meant by a mere number
        """
        found = words.read_quantity(text, self.lang.thousands_sep or "")
        if not found:
            problem = self.env._(
                "That is no quantity. Write it in digits, for example 2."
            )
            return None, None, problem
        number, word = found
        uom = self._find_unit(product, word) if word else uom
        if not uom:
            units = ", ".join(map(self.name_unit, get_units(product)))
            problem = self.env._(
                "“%(product)s” is sold in: %(units)s. Write only how many.",
                product=product.display_name,
                units=units,
            )
            return None, None, problem
        return number, uom, self._find_problem(number, uom)

    def _find_unit(self, product, word):
        for uom in get_units(product):
            if words.is_unit(word, [uom.name, uom.with_context(lang="en_US").name]):
                return uom
        return None

    def _find_problem(self, number, uom):
        if number <= 0:
            return self.env._("Write how much you want: a number above 0.")
        if number > _MOST_QUANTITY:
            return self.env._(
                "So much cannot be ordered here: %(most)s at most.",
                most=self.write_number(_MOST_QUANTITY),
            )
        if is_counted(uom) and number != int(number):
            return self.env._("Only whole numbers are possible here, for example 2.")
        if uom.round(number) != number:
            return self.env._(
                "That is too exact. Write no more digits than here: %(example)s.",
                example=self.write_number(uom.round(number) or uom.rounding),
            )
        return None
