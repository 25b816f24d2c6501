"""Schedules that fall due, and the messages of broadcasts."""

import logging

from . import dialogues, worker

_logger = logging.getLogger(__name__)

# How long after a message the next ones are handed out: a little at a time, so that
# live replies find no rush before them.
DISPATCH_SECONDS = 0.25
# While nothing goes, so often somebody looks whether something can: a turn that had
# nothing to say, or a process that has ended, wakes nobody.
_IDLE_SECONDS = 3


def run_schedule(dbname, step_id):
    """Let a schedule step run if its moment has come; trouble stops no other one."""
    try:
        worker.call(dbname, "helpcrunch.broadcast", "_run_step", step_id)
    except Exception as error:
        _logger.exception("schedule step %s could not run", step_id)
        worker.call(
            dbname, "helpcrunch.broadcast", "_tell_failed_run", step_id, str(error)
        )


def start_runs(dbname):
    """Find out whom runs of server actions and outside events are for, and begin."""
    worker.call(dbname, "helpcrunch.broadcast", "_start_runs", committed=True)
    dispatch_broadcasts(dbname)


def note_run(dbname, action_id, record_ids):
    """Note a run of a server action that clashed with somebody else's."""
    worker.call(dbname, "ir.actions.server", "_note_run", record_ids, ids=[action_id])


def note_outcomes(dbname, recipient_ids):
    """Note what became of the messages of some recipients, and go on with the rest."""
    worker.call(
        dbname,
        "helpcrunch.broadcast.recipient",
        "_note_outcome",
        ids=recipient_ids,
        committed=True,
    )
    worker.submit_later(DISPATCH_SECONDS, dispatch_broadcasts, dbname, bulk=True)


def dispatch_broadcasts(dbname, everything=False):
    """Hand out the next messages of all broadcasts, and say them.

    Whoever has sent one comes here again (``_after_delivery`` of the outbox), so that
    the next follows as soon as there is room for it.

    :param bool everything: look after those too of whom nobody has told (ir.cron)
    """
    if everything:
        worker.call(dbname, "helpcrunch.broadcast", "_keep_quiet")
        worker.call(dbname, "helpcrunch.broadcast", "_start_runs", committed=True)
        worker.call(
            dbname,
            "helpcrunch.broadcast.recipient",
            "_note_all_outcomes",
            committed=True,
        )
    chat_ids, is_more = worker.call(
        dbname, "helpcrunch.broadcast", "_dispatch", committed=True
    )
    for chat_id in chat_ids:
        dialogues.take_turns(dbname, chat_id)
    if everything or not is_more:
        worker.call(
            dbname,
            "helpcrunch.broadcast.recipient",
            "_note_on_records",
            committed=True,
        )
    if is_more:
        wait = DISPATCH_SECONDS if chat_ids else _IDLE_SECONDS
        worker.submit_later(wait, dispatch_broadcasts, dbname, bulk=True)
