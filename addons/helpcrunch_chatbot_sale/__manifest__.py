{
    "name": "HelpCrunch Chatbot: Sales",
    "summary": "Let customers order products in a HelpCrunch chat",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "HelpCrunch Chatbot maintainers",
    "license": "LGPL-3",
    "description": " ",
    "depends": ["helpcrunch_chatbot", "sale_management"],
    "data": [
        "security/helpcrunch_chatbot_sale_security.xml",
        "security/ir.model.access.csv",
        "views/helpcrunch_step_views.xml",
        "views/helpcrunch_bot_views.xml",
        "views/helpcrunch_chat_views.xml",
        "views/sale_order_views.xml",
    ],
    "auto_install": True,
}
