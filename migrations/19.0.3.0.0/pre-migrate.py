"""What must hold before the models of this version are loaded."""


def migrate(cr, version):
    _give_bots_a_language(cr)


def _give_bots_a_language(cr):
    """Give each bot without one the language of its maker: it is required now."""
    cr.execute(
        """
        UPDATE helpcrunch_bot bot
           SET language_id = COALESCE(
                   (SELECT lang.id FROM res_users maker
                      JOIN res_partner partner ON partner.id = maker.partner_id
                      JOIN res_lang lang ON lang.code = partner.lang AND lang.active
                     WHERE maker.id = bot.create_uid),
                   (SELECT id FROM res_lang WHERE active
                  ORDER BY code = 'en_US' DESC, id LIMIT 1))
         WHERE language_id IS NULL
        """
    )
