"""What the statement that takes a turn has read, under the dialogue's lock."""

from dataclasses import dataclass


@dataclass
class TurnSnapshot:
    """A dialogue's next event and what is around it.

    Read in one statement, for all that a turn mostly needs. What a turn changes of it
    is changed here too; everything else is what it was when the lock was had.

    :ivar payload: as it was stored, in JSON
    :ivar occurred_at: seconds since 1970, by our clock
    :ivar position: among HelpCrunch's ids of messages; 0 or None: it has none
    :ivar wait: seconds until the event is due, None if it is
    :ivar version: of the drawing that is compiled; None without a bot
    :ivar bot_active: the bot is live and not archived
    :ivar bot_serves: the bot answers the dialogue's channel, still
    :ivar session_timeout: minutes of silence; 0: none is too long
    :ivar bot_lang: codes of languages, as are the next two
    :ivar spoken_lang: the one from before a merge, if that one counts
    :ivar locale: HelpCrunch's, of the customer
    :ivar customer_user_id: as whom the customer is logged in
    :ivar discuss_channel_id: the conversation that is open for an operator
    :ivar question_state: how far the open question came, and when it was sent (seconds)
    :ivar question_call_state: of the call that says it
    :ivar failed_with: the kind of error with which the turn failed just before; its
        steps get a net each therefore
    """

    event_id: int
    tries: int
    payload: str | None
    event_type: str
    external_id: str
    occurred_at: float
    position: float | None = None
    wait: float | None = None
    version: int | None = None
    bot_active: bool | None = None
    bot_serves: bool | None = None
    join_messages: bool | None = None
    session_timeout: int | None = None
    bot_lang: str | None = None
    partner_lang: str | None = None
    spoken_lang: str | None = None
    locale: str | None = None
    customer_external_id: str | None = None
    customer_blocked: bool | None = None
    customer_user_id: int | None = None
    company_id: int | None = None
    turn_count: int = 0
    discuss_channel_id: int | None = None
    question_state: str | None = None
    question_sent_at: float | None = None
    question_external_id: str | None = None
    question_call_state: str | None = None
    failed_with: type | None = None
