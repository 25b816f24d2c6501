"""What a database of an older version needs."""


def migrate(cr, version):
    _let_bots_live(cr)
    _note_who_waits(cr)
    _name_messages_alike(cr)


def _let_bots_live(cr):
    """Let every bot go on serving whom it served: there was no switch before."""
    cr.execute("UPDATE helpcrunch_bot SET live = TRUE WHERE live IS NOT TRUE")


def _note_who_waits(cr):
    """Tell since when a person's answer is waited for: the last message, at least."""
    cr.execute(
        """
        UPDATE helpcrunch_chat SET unanswered_since = last_customer_message_at
         WHERE unread > 0 AND state IN ('queued', 'operator', 'paused')
           AND unanswered_since IS NULL
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
