"""In whose language staff reads: the reader's, never the customer's (spec 5)."""


def for_reader(records, user=None, *langs):
    """Return records in the language and on the clock of who reads about them.

    :param user: the reader; none if it is staff at large
    :param langs: codes of languages to fall back on, the first active one counts
    """
    get_code = records.env["res.lang"]._get_code
    codes = (user and user.lang, *langs, "en_US")
    lang = next(filter(None, map(get_code, codes)), "en_US")
    return records.with_context(
        lang=lang, tz=(user and user.tz) or records.env.context.get("tz")
    )


def get_staff_langs(bot, company):
    """Return what staff at large reads: the bot's language is that of its makers."""
    return bot.language_id.code, company.partner_id.lang
