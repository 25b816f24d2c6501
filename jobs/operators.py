"""Operators for those who wait."""

from . import dialogues, worker


def assign_waiting(dbname, queue_id):
    """Give free operators to those who wait, and let their dialogues know."""
    chat_ids = worker.call(
        dbname,
        "helpcrunch.operator.queue",
        "_assign_waiting",
        ids=queue_id,
        committed=True,
    )
    for chat_id in chat_ids or ():
        worker.submit(dialogues.take_turns, dbname, chat_id)


def take_waiting(dbname, queue_id, chat_id, user_id):
    """Give one who waits to the person who asks for the dialogue, if that may be."""
    if worker.call(
        dbname,
        "helpcrunch.operator.queue",
        "_give",
        chat_id,
        user_id,
        ids=queue_id,
        committed=True,
    ):
        dialogues.take_turns(dbname, chat_id)
