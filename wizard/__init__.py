from . import base_partner_merge, helpcrunch_bot_import, helpcrunch_chat_assign
