{
    "name": "Planted mistakes: bin/lint has to find one for each of its tools",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "HelpCrunch Chatbot maintainers",
    "depends": ["base"],
    "data": ["views/planted.xml"],
}
