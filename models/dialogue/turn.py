"""The turn: what one event does to one dialogue.

A plain object that lives as long as the transaction. It walks the bot's steps, collects
what is to be said, and at the end writes all of it at once. It talks to nobody: text to
say becomes a message and an outbox row, so a turn can be rolled back whole.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from odoo import fields

from ...const import MAX_STEPS_PER_TURN, PRIORITY_LIVE, TEXT_LIMIT
from ...tools import files, matching
from ...tools.text import split_text
from ..script.helpcrunch_step import WAIT

# What Odoo itself began has no place among HelpCrunch's ids yet: after all of them.
_AFTER_ALL = 10**12


@dataclass(frozen=True)
class Verdict:
    """What is to become of an event's row, as its handler says.

    :ivar state: of the row
    :ivar reason: code of why it was ignored
    :ivar not_before: when it is tried again, naive UTC
    """

    state: str = "done"
    reason: str | None = None
    not_before: datetime | None = None


# What a handler means that returns nothing.
DONE = Verdict()


def ignore(reason):
    """Return the verdict on an event that is of no use."""
    return Verdict("ignored", reason)


def put_off(seconds):
    """Return the verdict on an event that comes too early."""
    later = fields.Datetime.now() + timedelta(seconds=seconds)
    return Verdict("pending", not_before=later)


class Outcome:
    """What came of an event: the verdict on its row, and its trace."""

    wait = None

    def __init__(self, turn, verdict):
        self.state = verdict.state
        self.reason = verdict.reason
        self.not_before = verdict.not_before
        self.trace = turn.trace
        self.said = turn.said
        self.is_bulk = turn.priority > PRIORITY_LIVE


class Later:
    """The next event of a dialogue is not due yet: somebody has to come again.

    :ivar wait: seconds until then
    """

    def __init__(self, wait):
        self.wait = wait


@dataclass(frozen=True)
class Secret:
    """Something that the customer reads and nobody else: no transcript keeps it.

    :ivar shown: what stands in its place everywhere else; unlike anything people write
    :ivar sent: what the customer gets, None: there is nothing behind it (a trial)
    """

    shown: str
    sent: str | None = None

    def put_into(self, text):
        """Return a text with the secret in its place, None if it is not in there."""
        if self.sent and self.shown in text:
            return text.replace(self.shown, self.sent)
        return None


@dataclass
class Line:
    """A text that is to be said.

    :ivar step_id: of the step whose text it is, or False
    :ivar markdown: the same for channels that can show it, None: there is none
    :ivar agent: HelpCrunch's number of the agent who speaks, None: the bot's
    :ivar secret_body: what the customer gets instead of the body; kept until it is sent
    :ivar vals: fields of the message, if it is not the bot's own
    """

    body: str
    step_id: int | bool = False
    markdown: str | None = None
    agent: str | None = None
    secret_body: str | None = None
    vals: dict = field(default_factory=dict)

    def get_payload(self):
        """Return what the call has to know beside the text; None if nothing."""
        told = {
            "markdown": self.markdown,
            "agent": self.agent,
            "secret_body": self.secret_body,
        }
        return {key: value for key, value in told.items() if value} or None


class Turn:
    """One turn of one dialogue.

    :param chat: the locked ``helpcrunch.chat``
    :param TurnSnapshot snapshot: what the locking statement read beside it
    :ivar priority: of the calls that this turn makes
    """

    def __init__(self, chat, snapshot):
        self.snapshot = snapshot
        self.chat = chat.with_context(helpcrunch_turn=self)
        self.entered = []
        self.entered_before = 0
        self.received = []
        self.lines = []
        self.written = 0
        self.first_calls, self.calls = [], []
        self.trace = []
        self.asked = False
        self.question = None
        self.said = False
        self.priority = PRIORITY_LIVE
        self.messages = chat.env["helpcrunch.message"]
        self.discuss_changed = False
        self.waits_changed = False

    @property
    def compiled(self):
        """The bot as plain data, at the version read with the lock."""
        return self.chat.bot_id._get_compiled(self.snapshot.version)

    def note(self, code, **values):
        """Append a line to the dialogue's *Why?* view."""
        step = values.pop("step", None)
        if step:
            values["step"] = step if isinstance(step, int) else step.id
        self.trace.append({"code": code, **values})

    # === THE FLOW === #

    def start(self, step=None):
        """Begin the dialogue with the step that has the alias /start, or with another.

        :param step: where a trial begins
        """
        self.note("start")
        chat = self.chat
        chat.write(
            {
                "state": "bot",
                "started_at": fields.Datetime.now(),
                "waiting": False,
                "misses": 0,
                "answer": False,
                "open_questions": False,
                "told_recipient_id": False,
            },
        )
        if step:
            self.go(step)
        elif start_id := self.compiled.start_id:
            self.go(chat._step(start_id))

    def hear(self, text, began, is_first):
        """Let the customer's text do what it does to the bot.

        :param bool began: the dialogue began with this very text, so the text is no
            answer to what was asked just now, but may still name a place to go to
        :param bool is_first: nothing was heard from the customer before; not fitting
            anywhere is no miss then, whichever came first, text or ``chat.new``
        """
        chat, key = self.chat, matching.normalize(text)
        if not key:
            self.note("no_text")
            return
        current = chat.step_id
        found = self._find_target(current, text, key, began)
        if found:
            self._follow(*found, is_first)
        elif began:
            self.note("first" if is_first else "before_question")
        elif chat.waiting:
            self._answer(current, text)
        elif is_first:
            self.note("first")
        else:
            self._miss()

    def _find_target(self, current, text, key, began):
        """Return ``(rank, target)`` of what the text names, or None."""
        if files.is_only_file(text):
            # The words in its address are nobody's.
            return None
        is_answer = self.chat.waiting and not began and self._is_after_question()
        if is_answer and not current._accepts_interruption(text):
            # What is data here is no phrase, but a call for a person is heard.
            found = self.compiled.match_call(key, current.id, current._hears_calls())
            return found and (found[0], self.chat._step(found[1]))
        if current.id in self.compiled.answering_ids and (
            target := self._match(current, text)
        ):
            return "choice", target
        found = self.compiled.match_phrase(key, current.id)
        return found and (found[0], self.chat._step(found[1]))

    def _follow(self, rank, target, is_first):
        self.chat.misses = 0
        self.note(rank, step=None if target is WAIT else target)
        if target is not WAIT and target.id == self.compiled.start_id:
            self.chat.write({"open_questions": False, "told_recipient_id": False})
        if target is WAIT:
            self.go(target)
            return
        # A messenger's first message is often /start itself, and chat.new came before.
        begun = is_first and target.id == self.compiled.start_id
        if not begun and target.id not in self.entered:
            # The text is an answer in between: coming by again is no circle.
            self.entered_before += len(self.entered)
            self.entered = []
            self.go(target)

    def _answer(self, current, text):
        """Give the text to the waiting step."""
        if not self._is_after_question():
            # Written before the question was there; the question stays open.
            self.note("before_question")
            return
        if self.snapshot.question_state == "failed":
            # The customer never saw the question.
            self.note("asked_again", step=current)
            self.go(current)
            return
        result = self._receive(current, text)
        if result is None:
            self._miss()
            return
        self.chat.misses = 0
        self.go(result)

    def _match(self, step, text):
        return step._match(self.chat, text)

    def _receive(self, step, text):
        return step._receive(self.chat, text)

    def _is_after_question(self):
        """Tell whether the event's text was written after the question was sent.

        Both times are HelpCrunch's. REST answers have whole seconds and webhooks have
        thousandths (helpcrunch-api.md 7), so within a second the ids decide.
        """
        state, sent_at = self.snapshot.question_state, self.snapshot.question_sent_at
        if state in (None, "failed", "cancelled"):
            return True
        if state != "sent" or not sent_at:
            return False
        occurred_at = self.snapshot.occurred_at
        if int(occurred_at) != int(sent_at):
            return occurred_at > sent_at
        question_id = self.snapshot.question_external_id or ""
        position = self.snapshot.position
        if question_id.isascii() and question_id.isdigit() and position:
            return position > int(question_id)
        return True

    def go(self, step, take_up=True):
        """Walk the steps from ``step`` until one waits or none follows.

        :param bool take_up: when none follows, ask an older question again that a
            broadcast has left open
        """
        chat = self.chat
        while step is not WAIT:
            if not step and take_up and chat.open_questions:
                step = chat._take_up_question(self.entered)
            if not step:
                break
            number = self.entered_before + len(self.entered)
            if number >= MAX_STEPS_PER_TURN or step.id in self.entered:
                self._stop_loop(step)
                return
            self.entered.append(step.id)
            step = self._enter(step)
        chat.waiting = step is WAIT
        if step is not WAIT:
            self.note("rest")

    def _enter(self, step):
        """Enter one step, or pass it by; return the next."""
        if not step.active:
            self.note("archived", step=step)
        elif not step._fits(self.chat.partner_id):
            self.note("filter", step=step)
        else:
            self.note("enter", step=step)
            self.chat.write({"step_id": step.id, "attempts": 0})
            said = len(self.lines)
            following = step._enter(self.chat)
            if following is WAIT:
                self._ask(self.lines[said:])
            return following
        return step.fallback_step_id or step.next_step_id

    def ask(self, text, step, secret=None):
        """Queue a text that is the open question from now on."""
        said = len(self.lines)
        self.say(text, step, secret=secret)
        self._ask(self.lines[said:])

    def _ask(self, lines):
        """Remember which line is the open question: the last text, not a picture."""
        self.asked = True
        self.question = next(
            (line for line in reversed(lines) if not line.markdown), None
        )

    def _stop_loop(self, step):
        """Stop a flow that never comes to rest, and tell the administrator."""
        chat = self.chat
        bot = chat.bot_id._for_administrator()
        steps = chat.env["helpcrunch.step"].browse([*self.entered, step.id])
        chain = " → ".join(steps.mapped("name"))
        self.note("guard", text=chain)
        chat.waiting = False
        bot._tell_administrator(
            bot.env._("The bot goes round in a circle"),
            bot.env._(
                "A dialogue was stopped after these steps: %(chain)s. Let one of them "
                "wait for an answer, or lead out of the circle.",
                chain=chain,
            ),
        )
        self.say(chat.bot_id.fallback_message)

    def _miss(self):
        """Nothing fits: say so, and after some times in a row go elsewhere."""
        chat, compiled = self.chat, self.compiled
        chat.misses += 1
        self.note("fallback", number=chat.misses)
        limit = compiled.fallback_limit
        if limit and chat.misses >= limit and compiled.fallback_step_id:
            chat.misses = 0
            self.go(chat._step(compiled.fallback_step_id))
            return
        self.say(chat.bot_id.fallback_message)

    # === WHAT IS SAID === #

    def say(self, text, step=None, markdown=None, values=None, agent=None, secret=None):
        """Queue a text of the bot's for the customer, in parts if it is long.

        :param dict values: what placeholders stand for, beside those of the dialogue
        :param agent: the ``helpcrunch.agent`` who speaks, if not the bot's
        :param Secret secret: what follows the text, on a line of its own
        """
        text = self.chat._fill_placeholders(text or "", values)
        if secret:
            text = f"{text}\n{secret.shown}".lstrip()
        self.speak(
            text,
            step,
            markdown,
            agent=agent.external_id if agent else None,
            secret=secret,
        )

    def speak(self, text, step=None, markdown=None, agent=None, secret=None, **vals):
        """Queue a text as it is.

        :param str agent: external id of the agent who speaks, None for the bot's
        :param Secret secret: what a part of the text stands for
        :param vals: fields of the message, if it is not the bot's own
        """
        parts = split_text(text)
        for part in parts:
            self.lines.append(
                Line(
                    part,
                    step.id if step else False,
                    # Cut anywhere, formatting would no longer close.
                    markdown if len(parts) == 1 else None,
                    agent,
                    secret.put_into(part) if secret else None,
                    dict(vals),
                ),
            )

    def write_down(self, vals):
        """Queue a message that came in for the transcript."""
        self.received.append(vals)

    def call(self, kind, first=False, **payload):
        """Queue another call to HelpCrunch: a note, a change of the chat's status.

        :param bool first: it comes before what is said in this turn
        """
        calls = self.first_calls if first else self.calls
        calls.append({"kind": kind, "payload": payload})

    def flush(self):
        """Write what was and is to be said: messages in one statement, calls in one."""
        lines = self._join() if self.snapshot.join_messages else self.lines
        now = fields.Datetime.now()
        common = {"chat_id": self.chat.id, "company_id": self.snapshot.company_id}
        messages = self._write_lines(lines, now, common)
        calls = self._queue_calls(messages, lines, now, common)
        if self.asked:
            self.chat.question_message_id = next(
                (
                    message
                    for message, line in zip(messages, lines, strict=True)
                    if line is self.question
                ),
                False,
            )
            self.asked = False
        if messages:
            self._note_answer(now)
        self.said = self.said or bool(calls)
        self.written += len(lines)
        self.received, self.lines = [], []
        self.first_calls, self.calls = [], []

    def _write_lines(self, lines, now, common):
        """Write what was received and is to be said; return the latter's messages."""
        # A turn that makes a lead writes twice; the lines go on counting.
        position = (self.snapshot.position or _AFTER_ALL) + self.written / 1000
        messages = self.chat.env["helpcrunch.message"].create(
            self.received
            + [
                {
                    **common,
                    "direction": "out",
                    "author_type": "bot",
                    "state": "outgoing",
                    # After the customer's line that it answers, whatever the clocks
                    # say; HelpCrunch's own time and id replace it when it is sent.
                    "occurred_at": max(now, to_datetime(self.snapshot.occurred_at)),
                    "position": position + (index + 1) / 1000,
                    "body": line.body,
                    "step_id": line.step_id,
                    **line.vals,
                }
                for index, line in enumerate(lines)
            ],
        )
        self.messages |= messages
        return messages[len(self.received) :]

    def _queue_calls(self, messages, lines, now, common):
        """Queue what is to be done in HelpCrunch, messages in between."""
        said = [
            {
                "kind": "message",
                "message_id": message.id,
                "payload": line.get_payload(),
            }
            for message, line in zip(messages, lines, strict=True)
        ]
        calls = self.first_calls + said + self.calls
        for vals in calls:
            vals |= {
                **common,
                "account_id": self.chat.account_id.id,
                "queued_at": now,
                "priority": self.priority,
            }
        return self.chat.env["helpcrunch.outbox"].create(calls)

    def _note_answer(self, now):
        chat = self.chat
        chat.last_message_at = now
        if chat.state in ("bot", "done") and self.priority == PRIORITY_LIVE:
            # A broadcast answers nobody. A person's answer counts otherwise: where the
            # person wrote it.
            chat.unread, chat.unanswered_since = 0, False

    def _join(self):
        """Put consecutive texts into one message, as far as one may be long."""
        joined = []
        for line in self.lines:
            last = joined[-1] if joined else None
            if (
                last
                and not last.markdown
                and not line.markdown
                and not (last.secret_body or line.secret_body)
                and (last.agent, last.vals) == (line.agent, line.vals)
                and len(last.body) + len(line.body) + 2 <= TEXT_LIMIT
            ):
                last.body += "\n\n" + line.body
                last.step_id = line.step_id
                if line is self.question:
                    self.question = last
            else:
                joined.append(line)
        return joined


def to_datetime(seconds):
    """Return Unix seconds as Odoo's naive UTC datetime."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None, microsecond=0)
