"""What a database of an older version needs."""

import logging

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

from odoo.addons.helpcrunch_chatbot.tools import matching

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    _note_who_waits(cr)
    _note_what_was_told(cr)
    _name_messages_alike(cr)
    _recompute_phrases(cr)
    _give_texts_wordings(cr)


def _note_who_waits(cr):
    """Tell since when a person's answer is waited for: the last message, at least."""
    cr.execute(
        """
        UPDATE helpcrunch_chat SET unanswered_since = last_customer_message_at
         WHERE unread > 0 AND state IN ('queued', 'operator', 'paused')
           AND unanswered_since IS NULL
        """
    )


def _note_what_was_told(cr):
    """Tell up to which line Discuss has a dialogue; a time was compared before."""
    cr.execute(
        """
        UPDATE discuss_channel channel SET helpcrunch_told_line = told.line_id
          FROM (SELECT channel.id, MAX(line.id) AS line_id
                  FROM discuss_channel channel
                  JOIN helpcrunch_message line
                    ON line.chat_id = channel.helpcrunch_chat_id
                 WHERE line.occurred_at <= (
                           SELECT MAX(message.create_date) FROM mail_message message
                            WHERE message.model = 'discuss.channel'
                              AND message.res_id = channel.id)
              GROUP BY channel.id) told
         WHERE told.id = channel.id AND channel.helpcrunch_session_id IS NULL
           AND channel.helpcrunch_told_line IS NULL
        """
    )


def _name_messages_alike(cr):
    """Know a message again under whatever kind of event it comes.

    Where it has come under two already, the first one keeps the name.
    """
    cr.execute(
        """
        UPDATE helpcrunch_event event
           SET message_key = 'message:' || split_part(event.message_key, ':', 2)
         WHERE split_part(event.message_key, ':', 1)
               IN ('message.chat.customer', 'message.chat.agent', 'message.private')
           AND NOT EXISTS (
                   SELECT FROM helpcrunch_event other
                    WHERE other.account_id = event.account_id
                      AND other.chat_external_id = event.chat_external_id
                      AND split_part(other.message_key, ':', 2)
                          = split_part(event.message_key, ':', 2)
                      AND other.id < event.id)
        """
    )


def _recompute_phrases(cr):
    """Recompute what each alias is compared as.

    Two phrases of one scope may be one now. The first keeps the word; the other stays
    as it was, where no text can reach it, until an administrator changes it.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    aliases = env["helpcrunch.step.alias"].with_context(active_test=False).search([])
    taken = {
        (alias.bot_id.id, alias.code.id, alias.phrase)
        for alias in aliases
        if alias.active and alias.phrase
    }
    for alias in aliases.sorted("id"):
        phrase = matching.normalize(alias.name or "") or None
        scope = (alias.bot_id.id, alias.code.id, phrase)
        if phrase == (alias.phrase or None):
            continue
        if alias.active and phrase and scope in taken:
            _logger.warning(
                "alias %s of step %s has a twin now; change one of them",
                alias.id,
                alias.step_id.id,
            )
            continue
        taken.add(scope)
        cr.execute(
            SQL(
                "UPDATE helpcrunch_step_alias SET phrase = %s WHERE id = %s",
                phrase,
                alias.id,
            ),
        )
    env.invalidate_all()
    env["helpcrunch.bot"].with_context(active_test=False).search([])._touch()


def _give_texts_wordings(cr):
    """Have customers of each language hear the bot's where it has no wording."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["helpcrunch.spoken"]._speak_more_languages()
