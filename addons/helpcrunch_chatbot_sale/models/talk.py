"""What all of shopping's answers have in common."""

from odoo.fields import Domain

from .wording import Wording


class Talk:
    """One answer of a customer who shops, or his coming to the step.

    :param step: the ``helpcrunch.step`` that sells, in the dialogue's language
    :param chat: the ``helpcrunch.chat`` whose turn it is
    """

    def __init__(self, step, chat):
        self.step = step
        self.chat = chat
        self.env = chat.with_context(display_default_code=False).env
        self.wording = Wording(self.env)
        self.cart = self.env["helpcrunch.cart"]._get(chat, step).with_env(self.env)

    @property
    def _products(self):
        # sudo: product.product - a customer has no user; catalogues say what is seen
        return self.env["product.product"].sudo()

    def _is_sold(self, product):
        """Tell whether a product may be ordered at this step at this moment."""
        domain = self.step._get_catalogue() & Domain("id", "=", product.id)
        return bool(self._products.search_count(domain, limit=1))

    def _leave(self):
        """Let the dialogue go on; what was chosen stays."""
        self.chat._trace("sale_left")
        if self.cart.line_ids:
            self._say(
                self.env._("Your cart is kept. Come back to order what is in it.")
            )
        self.cart._begin_anew()
        return self.step.next_step_id

    def _answered(self, text, following, *args):
        """Note that an answer was understood; return where that leads."""
        self.chat._trace("answer", text=text.strip()[:100])
        return following(*args)

    def _fail(self, problem):
        """Say what is wrong with an answer; nothing has changed."""
        return self.chat._count_attempt(self.step, problem)

    def _say(self, text):
        self.chat._say(text, self.step)

    def _ask(self, *lines):
        self.chat._ask("\n".join(filter(None, lines)), self.step)

    def _say_gone(self, names=None):
        """Tell what cannot be ordered any more, out of the cart or a list."""
        names = self.cart._take_out_gone(self.step) if names is None else names
        if names:
            told = ", ".join(names)
            self.chat._trace("sale_gone", text=told[:100])
            self._say(
                self.env._("Not available any more: %(products)s.", products=told)
            )
