"""The *Why?* view in words: what the engine decided, turn by turn, and why."""


def explain(event):
    """Return the sentences that tell what an event did to its dialogue.

    :param event: a ``helpcrunch.event`` with a trace
    :rtype: list[str]
    """
    lines = event.trace or []
    steps = event.env["helpcrunch.step"].browse(
        {line["step"] for line in lines if line.get("step")}
    )
    names = {step.id: step.name for step in steps.exists()}
    known, sentences = event.env["helpcrunch.chat"]._get_trace_sentences(), []
    for line in lines:
        # Another addon's may have no sentence; better its code than nothing.
        sentence = known.get(line["code"], line["code"])
        gone = event.env._("(deleted step)")
        sentences.append(
            sentence
            % {
                "step": names.get(line.get("step"), gone),
                "text": line.get("text", ""),
                "number": line.get("number", ""),
            },
        )
    return sentences


def get_sentences(env):
    """Return ``{code: sentence}`` for what the engine and the step types write down."""
    return {
        "start": env._("The dialogue began."),
        "enter": env._("Step “%(step)s” was entered."),
        "filter": env._(
            "Step “%(step)s” was passed by: the contact does not fit its filter."
        ),
        "refused": env._(
            "Step “%(step)s” could not do its work, and what it had done was taken "
            "back: %(text)s"
        ),
        "archived": env._("Step “%(step)s” was passed by: it is archived."),
        "alias_here": env._(
            "The text is an alias of “%(step)s” for the step where the dialogue stood."
        ),
        "alias": env._("The text is an alias of “%(step)s”."),
        "operator_word": env._("The text calls an operator and leads to “%(step)s”."),
        "step_name": env._("The text is the name of step “%(step)s”."),
        "choice": env._("The text is one of the answers of the step."),
        "answer": env._("The answer “%(text)s” was accepted."),
        "skipped": env._("The question was skipped."),
        "invalid": env._(
            "Step “%(step)s” could not use the answer (attempt %(number)s)."
        ),
        "failed": env._("Step “%(step)s” asked no more."),
        "asked_again": env._(
            "The question of step “%(step)s” had not arrived and was asked again."
        ),
        "no_answer": env._("A file is no answer; step “%(step)s” asked again."),
        "review": env._(
            "The contact has another value already; the answer “%(text)s” waits under "
            "Possible Duplicates."
        ),
        "payload": env._("The link that the customer followed carries “%(text)s”."),
        "before_question": env._(
            "The text was written before the question was there, so it is no answer."
        ),
        "first": env._("The first text only began the dialogue."),
        "fallback": env._("Nothing fits the text (%(number)s in a row)."),
        "no_text": env._("The message has no text."),
        "rest": env._("Nothing follows; the dialogue rests."),
        "guard": env._("The bot was stopped, it goes round: %(text)s."),
        "answered": env._(
            "HelpCrunch shows an answer to it already, so the bot says nothing."
        ),
        "human": env._("A person has the dialogue; the bot is silent."),
        "machine": env._("“%(text)s” wrote by itself; the bot goes on."),
        "takeover": env._("“%(text)s” took the dialogue over."),
        "merged": env._("The contact is a part of the older one “%(text)s” now."),
        "blocked": env._("The customer is blocked in HelpCrunch; the bot is silent."),
        "opt_out": env._("The customer wants no more broadcasts."),
        "opt_in": env._("The customer wants broadcasts again."),
        "told_email": env._(
            "HelpCrunch knows the e-mail “%(text)s” now; a contact that has one "
            "keeps it."
        ),
        "told_blocked": env._("The customer was blocked in HelpCrunch."),
        "told_unblocked": env._("The customer was unblocked in HelpCrunch."),
        "told_deleted": env._("The customer was deleted in HelpCrunch."),
        "told_unsubscribed": env._("The customer unsubscribed: no more broadcasts."),
        "told_subscribed": env._("The customer subscribed again."),
        "told_tags": env._("The customer's tags changed in HelpCrunch."),
        "rebound": env._(
            "HelpCrunch says that “%(text)s” is the customer of this chat now."
        ),
        "closed": env._("The chat was closed in HelpCrunch."),
        "rated": env._("The customer has rated the dialogue."),
        "rating_timeout": env._("The customer did not rate; “%(step)s” asks no more."),
        "no_bot": env._("No bot serves this channel."),
        "lead": env._("A lead was made."),
        "queued": env._("The customer waits for an operator of “%(text)s”."),
        "position": env._(
            "All operators are busy; the customer is number %(number)s in the queue."
        ),
        "no_operator": env._(
            "No operator is available, so the dialogue went to “%(step)s”."
        ),
        "queue_closed": env._("It is outside of the working hours of “%(text)s”."),
        "queue_archived": env._("The operator queue “%(text)s” is archived."),
        "queue_timeout": env._("The customer has waited for too long."),
        "operator": env._("“%(text)s” got the dialogue."),
        "operator_said": env._("“%(text)s” wrote to the customer in Discuss."),
        "too_late": env._(
            "An operator wrote after the dialogue was closed; it was not sent."
        ),
        "late": env._("The message came late; somebody else has the dialogue since."),
        "note": env._("“%(text)s” wrote a private note."),
        "command": env._("An operator ordered “%(text)s”."),
        "nudge": env._("The customer was silent and was reminded."),
        "timeout": env._("The customer was silent for too long."),
        "handed_on": env._(
            "The operator was silent for too long; somebody else is looked for."
        ),
        "gone": env._(
            "“%(text)s” is no operator any more; somebody else is looked for."
        ),
        "awake": env._("The dialogue had been put aside until now."),
        "nobody_else": env._("The operator is silent, but nobody else is free."),
        "moved": env._("The chat was assigned to “%(text)s” in HelpCrunch."),
        "returned_in_helpcrunch": env._(
            "The chat was given back to the bot in HelpCrunch."
        ),
        "returned": env._("The bot has the dialogue again."),
        "broadcast": env._("Broadcast “%(step)s” was said."),
        "broadcast_skipped": env._("A broadcast was not said: %(text)s."),
        "broadcast_put_off": env._(
            "A person has the dialogue; a broadcast waits until later today."
        ),
        "broadcast_new_chat": env._(
            "The chat is closed; a broadcast went into a new one."
        ),
        "login": env._(
            "“%(text)s” has confirmed the log-in: what steps do is done as that user."
        ),
        "login_known": env._("The customer is logged in already, as “%(text)s”."),
        "login_goes_on": env._("Step “%(step)s” has what it waited for."),
        "login_again": env._(
            "Step “%(step)s” sent a new link (attempt %(number)s); the one before it "
            "opens nothing any more."
        ),
        "login_trial": env._(
            "In a trial nobody logs in; step “%(step)s” counts as confirmed."
        ),
        "login_ended": env._("The customer is not logged in any more: %(text)s."),
        "taken_up": env._(
            "The older question of step “%(step)s” was still open and was asked again."
        ),
        "opened_again": env._(
            "The chat was closed, but the customer had opened it again before."
        ),
    }
