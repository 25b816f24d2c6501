from . import base_partner_merge, helpcrunch_chat_assign
