"""The cart, and the order that is made of it."""

from odoo.addons.helpcrunch_chatbot.models.script.helpcrunch_step import WAIT

from ..tools import words
from .talk import Talk


class Checkout(Talk):
    """Places ``cart`` and ``change``."""

    # === THE CART === #

    def _ask_cart(self, notice=None):
        """Show the cart and ask whether it is to be ordered like this."""
        self._say_gone()
        if not self.cart.line_ids:
            return self._ask_browse(self.env._("The cart is empty. What we have:"))
        order = self.cart._draft_order()
        self.cart.write(
            {
                "place": "cart",
                "line_id": False,
                "asked_costs": self.cart._describe_costs(order),
            }
        )
        self._ask(
            notice,
            self.env._("Your cart:"),
            *(
                f"{number}. {self.wording.tell_line(line)}"
                for number, line in enumerate(order.order_line, 1)
            ),
            self.wording.tell_total(order),
            self.env._("Order it? “yes” or “no”."),
            self.env._(
                "To change a line write its number; “remove 1”, “empty”; “list”: add "
                "more products."
            ),
        )
        return WAIT

    def _hear_cart(self, text, command):
        if command in ("yes", "order"):
            return self._confirm(text)
        if command == "empty":
            self.cart.line_ids.unlink()
            return self._answered(text, self._ask_cart)
        if command == "cart":
            return self._browse_cart(text)
        if command:
            self.cart.write({"place": "browse", "asked_costs": False})
            command = command if command in ("list", "leave") else "yes"
            return getattr(self, f"_browse_{command}")(text)
        removed = words.read_removal(text)
        number = removed or words.read_item(text)
        lines = self.cart.line_ids
        if number is None:
            return self._fail(
                self.env._(
                    "Write “yes” to order, “no” to choose on, or the number of a line "
                    "to change it."
                )
            )
        if not 0 < number <= len(lines):
            return self._fail(
                self.env._(
                    "There is no line %(number)s in the cart. Write a number from 1 to "
                    "%(last)s.",
                    number=number,
                    last=len(lines),
                )
            )
        line = lines[number - 1]
        return self._remove(line, text) if removed else self._change(line, text)

    def _remove(self, line, text):
        line.unlink()
        return self._answered(text, self._ask_cart)

    def _change(self, line, text):
        self.cart.write({"place": "change", "line_id": line.id})
        return self._answered(text, self._ask_change)

    def _ask_change(self):
        line = self.cart.line_id
        self._ask(
            self.env._(
                "%(product)s: %(quantity)s %(unit)s now.",
                product=line.name,
                quantity=self.wording.write_number(line.quantity),
                unit=self.wording.name_unit(line._get_uom()),
            ),
            self.env._("How many are there to be? 0 removes it. “back”: to the cart."),
        )
        return WAIT

    def _hear_change(self, text, command):
        line = self.cart.line_id
        if command == "empty" or words.read_item(text) == 0:
            return self._remove(line, text)
        if command:
            return self._browse_cart(text)
        quantity, uom, problem = self.wording.read_quantity(
            text, line.product_id, line._get_uom()
        )
        if problem:
            return self._fail(problem)
        line.write({"quantity": quantity, "uom_id": uom.id})
        return self._answered(text, self._ask_cart)

    # === THE ORDER === #

    def _confirm(self, text):
        """Order what the customer has read, or tell what is different now.

        Prices and what may be sold are asked anew: days may lie between the question
        and the answer.
        """
        cart = self.cart
        gone = cart._take_out_gone(self.step)
        if gone:
            self._say_gone(gone)
            return self._ask_cart()
        order = cart._draft_order()
        agreed, costs = cart.asked_costs or {}, cart._describe_costs(order)
        if costs != agreed:
            self.chat._trace("sale_price")
            return self._ask_cart(
                self.env._(
                    "Prices have changed since you read them: the total is %(total)s "
                    "now. Please look at it once more.",
                    total=self.wording.tell_amount(order),
                )
            )
        order = cart._make_order(self.step)
        self.chat._trace("answer", text=text[:100])
        self.chat._trace("sale_order", text=order.name)
        self._tell_made(order)
        return self.step.next_step_id

    def _tell_made(self, order):
        told = self.chat._tell_order(order)
        message = self.step.sale_confirm_message
        self._say(message)
        if not message or not all(name in message for name in told):
            self._say(
                self.env._(
                    "Your order %(name)s: %(total)s.\nYou see it here: %(link)s",
                    name=told["order.name"],
                    total=told["order.total"],
                    link=told["order.link"],
                )
            )
