{
    "name": "HelpCrunch Chatbot",
    "summary": "Draw dialogues in Odoo forms, let HelpCrunch customers talk to them",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "HelpCrunch Chatbot maintainers",
    "license": "LGPL-3",
    # README.md is for people on a code host; Odoo would parse it as reST.
    "description": " ",
    "depends": ["crm"],
    "external_dependencies": {"python": ["requests", "phonenumbers"]},
    "data": [
        "security/helpcrunch_chatbot_groups.xml",
        "security/helpcrunch_chatbot_security.xml",
        "security/ir.model.access.csv",
        "data/ir_config_parameter_data.xml",
        "data/ir_cron_data.xml",
    ],
    "application": True,
}
