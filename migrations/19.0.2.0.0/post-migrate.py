"""What a database of an older version needs."""


def migrate(cr, version):
    _let_bots_live(cr)
    _note_who_waits(cr)


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
