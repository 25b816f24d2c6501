{
    "name": "Throw-away floor of the bench",
    "summary": "The least a signed webhook can cost: HMAC check and one INSERT",
    "version": "19.0.1.0.0",
    "author": "HelpCrunch Chatbot maintainers",
    "license": "LGPL-3",
    "depends": ["web"],
}
