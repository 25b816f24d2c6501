from odoo import fields, models

from ...tools import matching
from ..dialogue.helpcrunch_chat import HUMAN_STATES
from ..dialogue.turn import ignore

# What ends a log-in, typed with its slash anywhere in a dialogue.
_LOGOUT = "logout"


class HelpcrunchChat(models.Model):
    """A dialogue whose customer is logged in: as whom its steps act."""

    _inherit = "helpcrunch.chat"

    login_user_id = fields.Many2one(related="customer_id.user_id")

    # === VERBS FOR STEPS === #

    def _acting(self, records):
        """Return records as whoever the dialogue acts as has them.

        That is the user as whom the customer is logged in, with this user's rights in
        the messenger's company and no more; else the machine, as they were. What
        a step writes in the customer's name is written through this.
        """
        user = self._get_acting_user()
        if not user:
            return records
        # Of the companies that are switched on somewhere else none counts here.
        companies = self.company_id.ids
        return records.with_user(user).with_context(allowed_company_ids=companies)

    def _create_acting(self, records, vals):
        """Create a record of this model in the customer's name, and return it.

        What ties it to the dialogue, whose names begin with ``helpcrunch_``, is the
        machine's to write.

        :raise AccessError: if the user as whom the customer is logged in may not
        """
        if not self._get_acting_user():
            return records.create(vals)
        link = {name: vals[name] for name in vals if name.startswith("helpcrunch_")}
        made = self._acting(records).create(
            {name: vals[name] for name in vals.keys() - link.keys()}
        )
        # sudo: any model - people link nothing to a dialogue by hand
        made.sudo().write(link)
        return made.with_env(records.env)

    def _get_acting_user(self):
        """Return the user as whom the customer is logged in; an empty one if nobody.

        In a turn that was read with the dialogue's lock, and costs nothing.
        """
        turn = self._turn
        if not turn or turn.chat.id != self.id:
            user = self.customer_id.user_id
            is_over = user and self._get_login()._find_reason_to_end()
            return user.browse() if is_over else user
        return self.env["res.users"].browse(turn.snapshot.customer_user_id or [])

    def _get_acting_seller(self):
        """Return that user as a salesperson, which somebody from outside is not."""
        return self._get_acting_user().filtered(lambda user: not user.share)

    def _get_login(self):
        return self.customer_id._get_logins(("active",))

    # === IN A TURN === #

    def _end_stale_login(self):
        """End a log-in before a turn in which nobody may act as its user any more."""
        login = self._get_login()
        if reason := login._find_reason_to_end():
            login._end(reason)
            self._note_end(login)

    def _note_end(self, login):
        """Act as nobody for the rest of the turn, and tell why."""
        self._turn.snapshot.customer_user_id = None
        if login:
            self._trace("login_ended", text=self._for_staff()._tell_end(login))

    def _on_customer_deleted(self, event):
        login = self._get_login()
        verdict = super()._on_customer_deleted(event)
        if login:
            self._note_end(login)
        return verdict

    def _tell_end(self, login):
        """Return in the words of the context's language who is logged in no more."""
        reasons = login._fields["end_reason"]._description_selection(self.env)
        reason = dict(reasons)[login.end_reason]
        return f"{login.user_name} – {reason}"

    def _on_login_confirmed(self, event):
        """Bind the customer to who confirmed, and go on if the step still waits."""
        login = self.env["helpcrunch.login"].browse(event.payload.get("login")).exists()
        if login.state != "confirmed":
            return ignore("not_used")
        reason = login._find_reason_to_end()
        if login.customer_id != self.customer_id:
            reason = "rebound"
        if reason:
            login._end(reason)
            self._note_end(login)
            return None
        login._begin()
        user = login.user_id
        self._turn.snapshot.customer_user_id = user.id
        self._trace("login", text=user.name)
        if self.state in HUMAN_STATES:
            staff = self._for_staff(self.user_id)
            self._tell_staff(
                staff.env._("The customer is logged in as %(user)s.", user=user.name)
            )
        elif self.state == "bot" and self.bot_id._serves():
            self._go_on_logged_in(login.step_id)
        return None

    def _go_on_logged_in(self, step):
        """Say so, and go on from the step that asked, if it still waits."""
        if self._turn.snapshot.customer_blocked:
            return
        default = self.env._(
            "You are logged in as %(user)s. Write /logout to end it.",
            user=self._get_acting_user().name,
        )
        self._say(step.done_message or default, step)
        if self.waiting and self.step_id == step:
            self._trace("login_goes_on", step=step)
            self._turn.go(step.next_step_id)

    def _on_login_ended(self, event):
        """Tell in *Why?* of what was ended elsewhere."""
        login = self.env["helpcrunch.login"].browse(event.payload.get("login")).exists()
        if not login:
            return ignore("not_used")
        self._trace("login_ended", text=self._for_staff()._tell_end(login))
        return None

    def _hear_logout(self, text, is_past=False):
        """End the log-in of a customer who wrote so, whoever has the dialogue.

        :param bool is_past: it was answered long ago: nothing is said to it
        :return: whether the text was nothing but that
        """
        if not matching.is_command(text) or matching.normalize(text) != _LOGOUT:
            return False
        ended = self.customer_id._end_login("logout")
        # A link that was asked for is not wanted any more either.
        links = self.env["helpcrunch.login"]._void_links(self.customer_id)
        if not ended | links:
            return False
        self._note_end(ended[:1])
        if is_past or self.state not in ("bot", "done") or not self.bot_id._serves():
            return True
        step = (ended | links)[:1].step_id
        self._say(step.logout_message or self.env._("You are logged out."), step)
        # The drawing may have a use for the word too.
        return not self._turn.compiled.match_phrase(_LOGOUT, self.step_id.id)

    def _follow_customer(self, event):
        """Let no log-in pass to whom HelpCrunch takes for the same customer now.

        It may have been led to believe so by an e-mail that somebody typed. Nobody
        confirmed that, so nobody is logged in afterwards.
        """
        known = self._turn.snapshot.customer_external_id
        if event.customer and event.customer != known:
            other = self.customer_id._find_remote(self.account_id, event.customer)
            if ended := (self.customer_id | other)._end_login("rebound"):
                self._note_end(ended[:1])
        return super()._follow_customer(event)

    # === ACTIONS === #

    def action_end_login(self):
        """Let the customer be nobody's user any more, at an administrator's word."""
        self.check_access("read")
        return self.customer_id.action_end_login()
