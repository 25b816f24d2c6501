import { expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Bot extends models.Model {
    problems_html = fields.Html();

    _records = [
        { id: 1, problems_html: '<a href="/odoo/helpcrunch.step/7" data-step-id="7">Ask</a>' },
        { id: 2, problems_html: false },
    ];
    _views = {
        form: /* xml */ `<form><field name="problems_html" widget="helpcrunch_problems"/></form>`,
    };
}

defineMailModels();
defineModels([Bot]);

test("a step with a problem opens in place", async () => {
    onRpc("helpcrunch.step", "action_open", ({ args }) => ({ res_id: args[0][0] }));
    mockService("action", { doAction: (action) => expect.step(action) });
    await mountView({ type: "form", resModel: "bot", resId: 1 });
    await click("a[data-step-id]");
    await animationFrame();
    expect.verifySteps([{ res_id: 7 }]);
});

test("a sound bot shows nothing", async () => {
    await mountView({ type: "form", resModel: "bot", resId: 2 });
    expect(".o_field_helpcrunch_problems").toHaveText("");
});
