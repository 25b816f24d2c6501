"""The calls of the outbox, one function per kind; a new kind is a new function.

A call is made outside of any transaction, from what the courier read of its row.
"""

from ..tools.helpcrunch_api import HelpcrunchApi


def make(job):
    """Make the call of one outbox row: the function named after its kind.

    :param dict job: ``kind``, ``payload``, ``body``, ``chat``, ``agent``, ``api_url``,
        ``api_key``
    :return: what HelpCrunch answered
    :raise HelpcrunchError: as the client does
    """
    return _KINDS[job["kind"]](_get_client(job), job, job["payload"] or {})


def read_chat(job, limit):
    """Return the newest messages of the chat a call belongs to, newest first."""
    return _get_client(job).get_messages(job["chat"], limit=limit)


def find_own_message(job, rows, known):
    """Return the message of a call among those of its chat, or None.

    Same agent, same text, and not one of the messages known to be another.

    :param rows: messages as HelpCrunch tells them, newest first
    :param set known: HelpCrunch's ids of messages that belong to other calls
    """
    payload = job["payload"] or {}
    texts = {
        " ".join(text.split())
        for text in (job["body"], payload.get("markdown"), payload.get("text"))
        if text
    }
    speaker = payload.get("agent") or job["agent"]
    for row in rows:
        author = row.get("agent")
        if (
            isinstance(author, dict)
            and str(author.get("id")) == speaker
            and str(row.get("id")) not in known
            and " ".join((row.get("text") or "").split()) in texts
        ):
            return row
    return None


def _get_client(job):
    return HelpcrunchApi(job["api_url"], job["api_key"] or "")


def _message(client, job, payload):
    return client.send_message(
        job["chat"],
        job["body"],
        payload.get("agent") or job["agent"],
        markdown_text=payload.get("markdown"),
    )


def _note(client, job, payload):
    return client.send_message(job["chat"], payload["text"], job["agent"], private=True)


def _status(client, job, payload):
    return client.set_chat_status(job["chat"], payload["status"])


def _assignee(client, job, payload):
    return client.set_assignee(job["chat"], payload["agent"])


_KINDS = {
    "message": _message,
    "note": _note,
    "status": _status,
    "assignee": _assignee,
}
