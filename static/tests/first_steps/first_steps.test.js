import { describe, expect, test } from "@odoo/hoot";
import { markup } from "@odoo/owl";
import { click, queryAllAttributes, queryAllTexts } from "@odoo/hoot-dom";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Chat extends models.Model {
    name = fields.Char();

    _views = {
        list: /* xml */ `<list js_class="helpcrunch_chat_list"><field name="name"/></list>`,
        kanban: /* xml */ `
            <kanban js_class="helpcrunch_chat_kanban">
                <templates><t t-name="card"><field name="name"/></t></templates>
            </kanban>`,
    };
}

defineMailModels();
defineModels([Chat]);

const HELP = markup("<p>Nobody has written yet</p>");

for (const type of ["list", "kanban"]) {
    test(`an empty ${type} asks each time what is to be done`, async () => {
        let isConnected = false;
        onRpc("helpcrunch.chat", "get_first_steps", () => [
            { name: "Connect", is_done: isConnected, action: "connect" },
            { name: "Draw", is_done: false, action: { type: "draw" } },
        ]);
        mockService("action", { doAction: (action) => expect.step(action) });
        const mount = () => mountView({ type, resModel: "chat", noContentHelp: HELP });
        await mount();
        expect(queryAllTexts(".o_helpcrunch_first_steps button")).toEqual(["Connect", "Draw"]);
        await click(".o_helpcrunch_first_steps button:last");
        expect.verifySteps([{ type: "draw" }]);
        isConnected = true;
        await mount();
        expect(queryAllAttributes("li .fa", "title").slice(-2)).toEqual(["Done", "To do"]);
    });
}

test("once all is done, the list says what it always says", async () => {
    onRpc("helpcrunch.chat", "get_first_steps", () => []);
    await mountView({ type: "list", resModel: "chat", noContentHelp: HELP });
    expect(".o_nocontent_help").toHaveText("Nobody has written yet");
    expect(".o_helpcrunch_first_steps").toHaveCount(0);
});
