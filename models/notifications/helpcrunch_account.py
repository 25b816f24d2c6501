"""Outside events: a shop, say, lets a step begin for one of the customers."""

import json
import re

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL, LazyTranslate, urls

from odoo.addons.phone_validation.tools import phone_validation

from ...const import (
    TRIGGER_PATH,
    VALUES_LIMIT,
    WEBHOOK_MAX_BYTES,
)
from ...tools import signature, trigger, typed_values

_lt = LazyTranslate(__name__)

# Why an event is refused, for whoever wrote the program that sends it.
_REFUSALS = {
    "unknown_address": _lt("There is no such address."),
    "too_large": _lt("The body is larger than 256 KB."),
    "unsigned": _lt("The signature is missing or wrong."),
    "no_json": _lt("The body is no JSON object."),
    "unknown": _lt("“%(name)s” is not a name that an event has."),
    "whom": _lt(
        "Name the customer by exactly one of customer, phone, email and user_id."
    ),
    "text": _lt("“%(name)s” is missing or no text."),
    "long": _lt("“%(name)s” is too long."),
    "values": _lt("“values” is no object."),
    "many": _lt("“values” has more than %(values)s values."),
    "name": _lt(
        "“%(name)s” is no name of a value: small letters, digits and underscores."
    ),
    "value": _lt("The value “%(name)s” is no text."),
    "phone": _lt("“%(name)s” is no phone number. Send it with its country code."),
    "email": _lt("“%(name)s” is no e-mail address."),
    "no_step": _lt("No live bot of this messenger has the step “%(name)s”."),
    "several_steps": _lt("Several bots have the step “%(name)s”. Name the bot too."),
    "nobody": _lt("Nobody whom this messenger knows fits “%(name)s”."),
    "several_people": _lt("Several people fit “%(name)s”. Name one by “customer”."),
    "no_dialogue": _lt("“%(name)s” has no dialogue with the bot of the step."),
}
_E164 = re.compile(r"\+[0-9]{5,15}")
# The account behind an address, and in which country its numbers are read.
_FIND_ACCOUNT = """
    SELECT account.id, account.company_id, account.webhook_secret,
           country.code AS country
      FROM helpcrunch_account account
      JOIN res_company company ON company.id = account.company_id
 LEFT JOIN res_partner partner ON partner.id = company.partner_id
 LEFT JOIN res_country country ON country.id = partner.country_id
     WHERE account.webhook_token = %s AND account.active
"""
# Two of each are enough to know that there are several.
_FIND_STEP_AND_PEOPLE = """
    (SELECT 'step' AS kind, step.id, step.bot_id, bot.name AS bot
       FROM helpcrunch_step step JOIN helpcrunch_bot bot ON bot.id = step.bot_id
      WHERE bot.account_id = %(account)s AND bot.active AND bot.live
        AND step.active AND step.code = %(step)s
        AND (%(bot)s IS NULL OR bot.name = %(bot)s)
      LIMIT 2)
    UNION ALL
    (SELECT DISTINCT 'person', partner.id, NULL::integer, NULL
       FROM res_partner partner
       JOIN helpcrunch_customer customer ON customer.partner_id = partner.id
      WHERE customer.account_id = %(account)s AND customer.active
        AND partner.active AND %(fits)s
      LIMIT 2)
"""
_STORE = """
    WITH known AS (
        SELECT id FROM helpcrunch_broadcast_recipient
         WHERE trigger_key = %(key)s),
    chat AS (
        SELECT chat.id, chat.customer_id, chat.partner_id, chat.company_id
          FROM helpcrunch_chat chat
          JOIN helpcrunch_customer customer ON customer.id = chat.customer_id
         WHERE chat.partner_id = %(partner)s AND chat.bot_id = %(bot)s
           AND customer.active
      ORDER BY chat.last_message_at DESC NULLS LAST, chat.id DESC
         LIMIT 1),
    run AS (
        INSERT INTO helpcrunch_broadcast (
                    name, kind, state, step_id, bot_id, account_id, company_id,
                    planned_at, fresh, create_uid, write_uid, create_date, write_date)
             SELECT step.name, 'trigger', 'planned', step.id, step.bot_id,
                    %(account)s, %(company)s, now() AT TIME ZONE 'UTC', TRUE,
                    %(user)s, %(user)s,
                    now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
               FROM helpcrunch_step step, chat
              WHERE step.id = %(step)s AND NOT EXISTS (SELECT FROM known)
          RETURNING id),
    told AS (
        INSERT INTO helpcrunch_broadcast_recipient (
                    broadcast_id, company_id, partner_id, customer_id, chat_id, state,
                    queued, attempt, trigger_key, values)
             SELECT run.id, %(company)s, chat.partner_id, chat.customer_id, chat.id,
                    'pending', FALSE, 0, %(key)s, %(values)s
               FROM run, chat
          RETURNING id)
    SELECT EXISTS (SELECT FROM known) AS is_known, EXISTS (SELECT FROM told) AS is_new
"""


class _RefusedError(Exception):
    """An event is not accepted.

    :ivar status: of HTTP
    :ivar code: why, one of :data:`_REFUSALS`
    :ivar name: what it is about
    """

    def __init__(self, status, code, name=""):
        super().__init__(code)
        self.status, self.code, self.name = status, code, name


class HelpcrunchAccount(models.Model):
    _inherit = "helpcrunch.account"

    trigger_url = fields.Char(
        "Address for Outside Events",
        compute="_compute_trigger_url",
        groups="helpcrunch_chatbot.group_manager",
        help="Whoever posts a signed event here lets a step begin for a customer.",
    )
    trigger_example = fields.Text(
        "Example",
        compute="_compute_trigger_url",
        groups="helpcrunch_chatbot.group_manager",
        help="Put your signing key and the code of a step of yours in, and run it.",
    )

    @api.depends("webhook_token")
    def _compute_trigger_url(self):
        for account in self:
            account.trigger_url = urls.urljoin(
                account.get_base_url(), f"{TRIGGER_PATH}/{account.webhook_token}"
            )
            account.trigger_example = _EXAMPLE % {
                "header": signature.HEADER,
                "address": account.trigger_url,
            }

    @api.model
    def _receive_trigger(self, token, body, length, signature_header, lang=None):
        """Take in one outside event: authenticate, store, nothing else.

        Checked in this order, and without any effect when refused: unknown token 404,
        too large 413, not signed with the messenger's key 401, malformed 400, no such
        step or person 404, several 409.

        :param str token: the last part of the address
        :param body: callable that reads the raw body; not called for a stranger
        :param int length: the announced length of the body, or None
        :param str lang: code of the language in which a refusal is worded
        :return: ``(status, answer)``
        :rtype: tuple[int, dict]
        """
        try:
            account, raw = self._authenticate(token, body, length, signature_header)
            return 202, self._accept(account, _parse(raw))
        except _RefusedError as refusal:
            return refusal.status, {"error": self._word_refusal(refusal, lang)}

    def _authenticate(self, token, body, length, signature_header):
        # Plain SQL: one query, and no field of the account is cached or prefetched.
        self.env.cr.execute(SQL(_FIND_ACCOUNT, token))
        account = self.env.cr.dictfetchone()
        if not account:
            raise _RefusedError(404, "unknown_address")
        if length is not None and length > WEBHOOK_MAX_BYTES:
            raise _RefusedError(413, "too_large")
        raw = body()
        if len(raw) > WEBHOOK_MAX_BYTES:
            raise _RefusedError(413, "too_large")
        if not signature.is_signed(raw, account["webhook_secret"], signature_header):
            raise _RefusedError(401, "unsigned")
        return account, raw

    def _accept(self, account, event):
        """Store an event once; return what was accepted.

        In three queries, with the account's.

        :param dict account: as :meth:`_authenticate` read it
        :param trigger.Trigger event: from whoever has the signing key
        """
        step, partner_id = self._find_step_and_person(account, event)
        try:
            stored = self._store_trigger(account, event, step, partner_id)
        except (SerializationFailure, UniqueViolation):
            # The same event was stored by somebody else since we began.
            self.env.cr.rollback()
            stored = {"is_known": True, "is_new": False}
        if not stored["is_known"] and not stored["is_new"]:
            raise _RefusedError(404, "no_dialogue", event.value)
        if stored["is_new"]:
            self.env["helpcrunch.broadcast"]._start_runs_soon()
        return {
            "id": event.key,
            "step": event.step,
            "bot": step["bot"],
            event.whom: event.value,
            "values": sorted(event.values),
            "repeated": stored["is_known"],
        }

    def _find_step_and_person(self, account, event):
        self.env.cr.execute(
            SQL(
                _FIND_STEP_AND_PEOPLE,
                account=account["id"],
                step=event.step,
                bot=event.bot,
                fits=_fits(account, event),
            )
        )
        rows = self.env.cr.dictfetchall()
        steps = [row for row in rows if row["kind"] == "step"]
        people = [row for row in rows if row["kind"] == "person"]
        if not steps:
            raise _RefusedError(404, "no_step", event.step)
        if len(steps) > 1:
            raise _RefusedError(409, "several_steps", event.step)
        if not people:
            raise _RefusedError(404, "nobody", event.value)
        if len(people) > 1:
            raise _RefusedError(409, "several_people", event.value)
        return steps[0], people[0]["id"]

    def _store_trigger(self, account, event, step, partner_id):
        self.env.cr.execute(
            SQL(
                _STORE,
                key=f"{account['id']}:{event.key}",
                partner=partner_id,
                step=step["id"],
                bot=step["bot_id"],
                account=account["id"],
                company=account["company_id"],
                user=SUPERUSER_ID,
                values=json.dumps(event.values, ensure_ascii=False),
            ),
            log_exceptions=False,
        )
        return self.env.cr.dictfetchone()

    def _word_refusal(self, refusal, lang):
        code = self.env["res.lang"]._get_code(lang) or "en_US"
        text = self.with_context(lang=code).env._(_REFUSALS[refusal.code])
        return text % {"name": refusal.name, "values": VALUES_LIMIT}


def _parse(raw):
    try:
        return trigger.parse(raw)
    except trigger.MalformedTriggerError as error:
        raise _RefusedError(400, error.code, error.name) from error


def _fits(account, event):
    """Return the condition that a customer and contact fit whom an event names."""
    return _CONDITIONS[event.whom](account, event.value)


def _fits_customer(account, value):
    return SQL("customer.external_id = %s", value)


def _fits_user(account, value):
    return SQL("customer.site_user_id = %s", value)


def _fits_email(account, value):
    email = typed_values.read_email(value)
    if not email:
        raise _RefusedError(400, "email", value)
    return SQL("partner.email_normalized = %s", email)


def _fits_phone(account, value):
    number = phone_validation.phone_format(
        value,
        account["country"],
        None,
        force_format="E164",
        raise_exception=False,
    )
    if not _E164.fullmatch(number):
        raise _RefusedError(400, "phone", value)
    return SQL("partner.phone_sanitized = %s", number)


_CONDITIONS = {
    "customer": _fits_customer,
    "user_id": _fits_user,
    "email": _fits_email,
    "phone": _fits_phone,
}
_EXAMPLE = """\
BODY='{"id": "order-1042-sent", "step": "order_sent", "phone": "+380671234567", \
"values": {"number": "1042"}}'
SIGNED=$(printf %%s "$BODY" | openssl dgst -sha1 -hmac "$SIGNING_KEY" | sed 's/.* //')
curl --data-raw "$BODY" --header "%(header)s: $SIGNED" \
--header "Content-Type: application/json" %(address)s
"""
