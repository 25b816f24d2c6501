"""Shopping in words: what the customer reads, and what an answer means.

A plain object that lives as long as one answer, as the turn does. Where the customer
stands is the cart's ``place``; each place has ``_ask_<place>`` and ``_hear_<place>``.
What is typed is data: numbers, words of :mod:`..tools.words`, or words to look for.
"""

from ..tools import words
from .browsing import Browsing
from .checkout import Checkout


class Shopping(Browsing, Checkout):
    """A customer shops; see :class:`.talk.Talk`."""

    def enter(self):
        """Go on where the customer was, and ask the open question again."""
        if self.cart.place != "cart":
            # The cart tells it by itself.
            self._say_gone()
        product = self.cart.product_id
        if self._is_place_there() and product and not self._is_sold(product):
            self._say_gone([product.display_name])
            self.cart._begin_anew()
        return getattr(self, f"_ask_{self.cart.place}")()

    def hear(self, text):
        """Take an answer; return the next step, or WAIT."""
        if not self._is_place_there():
            return self._ask_browse()
        command = words.read_command(text, self._get_own_words())
        return getattr(self, f"_hear_{self.cart.place}")(text, command)

    def _is_place_there(self):
        """Tell whether what was asked about is still there; staff may delete it."""
        cart = self.cart
        is_there = {
            "browse": True,
            "quantity": bool(cart.product_id),
            "cart": bool(cart.line_ids),
            "change": bool(cart.line_id),
        }[cart.place]
        if not is_there:
            cart._begin_anew()
        return is_there

    def _get_own_words(self):
        """Return the words that the customer is told to type, in his language."""
        return {
            "next": self.env._("next"),
            "back": self.env._("back"),
            "list": self.env._("list"),
            "cart": self.env._("cart"),
            "order": self.env._("order"),
            "yes": self.env._("yes"),
            "no": self.env._("no"),
            "empty": self.env._("empty"),
            "leave": self.env._("leave"),
        }
