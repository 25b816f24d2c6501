"""What a database of an older version needs: columns instead of strings."""

from odoo.tools import SQL, sql


def migrate(cr, version):
    _name_recipients(cr)
    _name_unclear_calls(cr)


def _name_recipients(cr):
    """Write to each line of a broadcast whom it reaches.

    A range of ids told it before: from the first to the last line of a recipient.
    """
    if not sql.column_exists(cr, "helpcrunch_broadcast_recipient", "last_message_id"):
        return
    cr.execute(
        """
        UPDATE helpcrunch_message line SET recipient_id = recipient.id
          FROM helpcrunch_broadcast_recipient recipient
         WHERE line.chat_id = recipient.chat_id AND line.recipient_id IS NULL
           AND line.id BETWEEN recipient.message_id AND recipient.last_message_id
        """
    )
    for name in ("message_id", "last_message_id"):
        cr.execute(
            SQL(
                "ALTER TABLE helpcrunch_broadcast_recipient DROP COLUMN %s",
                SQL.identifier(name),
            ),
        )


def _name_unclear_calls(cr):
    """Move what a call's payload says beside what HelpCrunch is told."""
    cr.execute(
        """
        UPDATE helpcrunch_outbox
           SET is_unclear = COALESCE(payload ->> 'outcome' = 'unknown', FALSE),
               echoed_events = payload -> 'echoed',
               payload = payload - 'outcome' - 'echoed'
         WHERE payload ->> 'outcome' IS NOT NULL OR payload -> 'echoed' IS NOT NULL
        """
    )
    cr.execute("UPDATE helpcrunch_outbox SET payload = NULL WHERE payload = '{}'")
