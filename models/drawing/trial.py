"""*Try it*: the engine itself, in a savepoint that is rolled back.

A turn writes and never calls out, so a dialogue can be had without a trace: the
customer, the contact, the dialogue and all that a turn writes are there while the texts
are gone through, and gone after. What HelpCrunch would do (take a message, say when) is
written down here instead.
"""

import logging
import time
from contextlib import contextmanager
from uuid import uuid4

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import Callbacks

from ...jobs.dialogues import Attempt
from ...tools import marks
from ..dialogue import trace
from ..dialogue.helpcrunch_event_intake import OwnEvent
from .effects import Effects

_logger = logging.getLogger(__name__)

# How the ids begin that HelpCrunch would have given.
TRIAL = "trial:"
# A flow that keeps making events of its own is no trial any more.
_MAX_EVENTS = 20
_MAX_TEXTS = 100
_MAX_LENGTH = 5000
_OPTIONS = {
    "partner_id": int,
    "name": str,
    "language": str,
    "application_id": int,
    "step_id": int,
    "operators": str,
    "at": str,
}
_HOOKS = ("precommit", "postcommit", "prerollback", "postrollback")


@contextmanager
def without_a_trace(env):
    """Take back whatever the block writes, and forget what was to follow a commit.

    Sequences may have moved on, nothing else.
    """
    cr = env.cr
    env.flush_all()
    kept = {name: getattr(cr, name) for name in _HOOKS}
    savepoint = cr.savepoint(flush=True)
    for name in _HOOKS:
        setattr(cr, name, Callbacks())
    try:
        yield
    finally:
        savepoint.close(rollback=True)
        for name, callbacks in kept.items():
            setattr(cr, name, callbacks)
        env.invalidate_all(flush=False)


# === WHAT CAN BE TRIED === #


def check_texts(env, texts):
    """Refuse texts that are none, too many or too long.

    :raise UserError: in the words of ``env``'s user
    """
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UserError(env._("What the customer writes is a list of texts."))
    if len(texts) > _MAX_TEXTS:
        raise UserError(
            env._("A trial has %(limit)s texts at most. Begin anew.", limit=_MAX_TEXTS)
        )
    if any(len(text) > _MAX_LENGTH for text in texts):
        raise UserError(
            env._("A text of a trial has %(limit)s letters at most.", limit=_MAX_LENGTH)
        )


def check_options(bot, options):
    """Return the options of a trial that are set.

    :param bot: as whoever tries it has it
    :raise UserError: if one is none, or leads to something that is gone
    :raise AccessError: if the contact may not be read
    """
    env = bot.env
    for name, value in options.items():
        kind = _OPTIONS.get(name)
        if kind is None or (value and not isinstance(value, kind)):
            raise UserError(
                env._("A trial has no setting “%(name)s” like this.", name=name)
            )
    if options.get("operators") not in (None, False, "", "free", "none"):
        raise UserError(
            env._("Operators are “free” or “none” in a trial, or as they are.")
        )
    _check_records(bot, options)
    try:
        fields.Datetime.to_datetime(options.get("at"))
    except ValueError as error:
        raise UserError(
            env._("“%(at)s” is no day and hour.", at=options["at"])
        ) from error
    return {name: value for name, value in options.items() if value}


def _check_records(bot, options):
    env = bot.env
    step = env["helpcrunch.step"].browse(options.get("step_id") or [])
    if step and (not step.exists() or step.bot_id != bot):
        raise UserError(env._("This step is not one of the bot's any more."))
    partner = env["res.partner"].browse(options.get("partner_id") or [])
    if partner and not partner.exists():
        raise UserError(env._("This contact is not there any more."))
    # Whoever may not see a contact does not learn of it by a filter either.
    partner.check_access("read")
    codes = [code for code, _name in env["res.lang"].get_installed()]
    if options.get("language") and options["language"] not in codes:
        raise UserError(env._("This language is not active in Odoo."))


# === THE TRIAL === #


class Trial:
    """One dialogue with a bot, had by whoever draws it.

    :param bot: as the machine has it
    :param options: see ``helpcrunch.bot.try_dialogue``, checked there
    """

    def __init__(self, bot, options):
        at = fields.Datetime.to_datetime(options.get("at"))
        self.bot = bot.with_context(
            tracking_disable=True,
            helpcrunch_now=at and marks.Moment(at),
            helpcrunch_trial=marks.TRIAL,
        )
        self.env = self.bot.env
        self.options = options
        self.chat = self._begin()
        self.effects = Effects(self.chat)

    def run(self, texts):
        """Have the dialogue; return what each text led to, the welcome first.

        :rtype: list[dict]
        """
        step_id = self.options.get("step_id")
        event_type = "trial.step" if step_id else "chat.new"
        turns = [self._take("", event_type, {"step": step_id})]
        for number, text in enumerate(texts, 1):
            turns.append(
                self._take(
                    text,
                    "message.chat.customer",
                    {
                        "customer": {"id": self.chat.customer_id.external_id},
                        "message": {"id": number, "text": text},
                    },
                )
            )
        return turns

    # === WHO AND WHERE === #

    def _begin(self):
        """Make the customer and the dialogue, and let the bot serve it."""
        bot, account = self.bot, self.bot.account_id
        # Whether it may serve anybody else is not asked: nobody sees it.
        self.env.cr.execute(
            SQL(
                "UPDATE helpcrunch_bot SET live = TRUE, active = TRUE WHERE id = %s",
                bot.id,
            )
        )
        bot.invalidate_recordset(["live", "active"])
        application = bot.application_ids | account.application_ids
        application = (
            application.filtered(
                lambda row: row.id == self.options.get("application_id")
            )
            or (bot.application_ids or account.application_ids)[:1]
        )
        customer = self._make_customer(account, application)
        self._staff_queues()
        return self.env["helpcrunch.chat"].create(
            {
                "external_id": f"{TRIAL}{uuid4()}",
                "account_id": account.id,
                "bot_id": bot.id,
                "application_id": application.id,
                "customer_id": customer.id,
                "partner_id": customer.partner_id.id,
                # A customer has written before there is a welcome.
                "last_customer_message_at": fields.Datetime.now(),
            }
        )

    def _make_customer(self, account, application):
        customers = self.env["helpcrunch.customer"].with_company(account.company_id)
        number = f"{TRIAL}{uuid4()}"
        partner = self.env["res.partner"].browse(self.options.get("partner_id") or [])
        if partner:
            # sudo is the machine's: who tries was asked whether she may see it
            customer = customers._bind(account, number, partner, application)
            customer.is_known = True
            return customer
        profile = {
            "name": self.options.get("name") or self.env._("Taras (trial)"),
            "locale": self.options.get("language"),
        }
        return customers._find_or_create(account, number, profile, application, True)

    def _staff_queues(self):
        """Let somebody be there in every queue of the bot, or nobody."""
        wanted = self.options.get("operators")
        queues = self.bot.with_context(active_test=False).step_ids.queue_id
        if wanted == "none":
            queues.operator_ids.available = False
        elif wanted == "free":
            queues.operator_ids.available = True
            queues.max_active_chats = 10**6
            queues.operator_ids.user_id.helpcrunch_max_active_chats = 0

    # === TURNS === #

    def _take(self, text, event_type, payload):
        events = self.env["helpcrunch.event"]
        before = self.chat.message_ids
        last_id = events.search([], order="id desc", limit=1).id or 0
        events._store_own([OwnEvent(self.chat.id, event_type, payload)])
        self._work_off()
        taken = events.search(
            [("chat_id", "=", self.chat.id), ("id", ">", last_id)], order="id"
        )
        said = (self.chat.message_ids - before).filtered(
            lambda line: line.direction == "out" and not line.is_note
        )
        reader = self.options["reader"]
        return {
            "text": text,
            "said": said.sorted("id").mapped("body"),
            "why": [
                sentence
                for event in taken.with_env(reader)
                for sentence in trace.explain(event)
            ],
            "effects": self.effects.tell(reader),
        }

    def _work_off(self):
        """Take all turns that wait, and find operators in between, as the jobs do."""
        events = self.env["helpcrunch.event"]
        pending = [("chat_id", "=", self.chat.id), ("state", "=", "pending")]
        for _number in range(_MAX_EVENTS):
            self.env.flush_all()
            if events.search_count(pending, limit=1):
                outcome = self._take_next(events)
                self._deliver()
                if outcome and not outcome.wait and outcome.state != "pending":
                    continue
            if not self._assign():
                return

    def _take_next(self, events):
        attempt = Attempt()
        try:
            with self.env.cr.savepoint():
                return events._take_turn(self.chat.id, attempt)
        except Exception as error:  # noqa: BLE001
            _logger.info("a trial's turn failed, is tried step by step: %s", error)
            attempt.failed_with = type(error)
        with self.env.cr.savepoint():
            return events._take_turn(self.chat.id, attempt)

    def _assign(self):
        """Find an operator for the dialogue if it waits for one; True if that did."""
        self.chat.invalidate_recordset()
        if self.chat.state != "queued":
            return False
        return self.chat.id in self.chat.queue_id._assign_waiting()

    def _deliver(self):
        """Note that HelpCrunch took every call at once."""
        calls = self.env["helpcrunch.outbox"].search(
            [("chat_id", "=", self.chat.id), ("state", "=", "pending")]
        )
        self.effects.note_calls(calls)
        calls.message_id.write({"state": "sent", "sent_at": time.time()})
        calls.write({"state": "sent", "done_at": fields.Datetime.now()})
