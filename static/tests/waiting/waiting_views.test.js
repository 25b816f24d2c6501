import { describe, expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineMenus,
    defineModels,
    fields,
    getService,
    models,
    mountView,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

import { session } from "@web/session";
import { NavBar } from "@web/webclient/navbar/navbar";

describe.current.tags("desktop");

class Chat extends models.Model {
    name = fields.Char();

    _records = [{ id: 1, name: "Taras" }];
    _views = {
        list: /* xml */ `<list js_class="helpcrunch_waiting_list"><field name="name"/></list>`,
    };
}

defineMailModels();
defineModels([Chat]);

test("the list of who waits is read again when somebody comes or goes", async () => {
    onRpc("chat", "web_search_read", () => expect.step("read"));
    await mountView({ type: "list", resModel: "chat" });
    expect.verifySteps(["read"]);
    getService("helpcrunch_waiting").changes++;
    await animationFrame();
    expect.verifySteps(["read"]);
});

test("the number of who waits stands in the menu, and only there", async () => {
    patchWithCleanup(session, { helpcrunch_waiting: 3 });
    defineMenus([
        {
            id: 1,
            name: "HelpCrunch",
            children: [
                {
                    id: 2,
                    name: "Waiting",
                    xmlid: "helpcrunch_chatbot.helpcrunch_chat_menu_waiting",
                },
                { id: 3, name: "Dialogues" },
            ],
        },
    ]);
    const navbar = await mountWithCleanup(NavBar);
    getService("menu").setCurrentMenu(1);
    const getNames = () => navbar.currentAppSections.map((section) => section.name);
    expect(getNames()).toEqual(["Waiting (3)", "Dialogues"]);
    getService("helpcrunch_waiting").count = 0;
    await animationFrame();
    expect(getNames()).toEqual(["Waiting", "Dialogues"]);
});
