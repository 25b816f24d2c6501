import { describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

class Broadcast extends models.Model {
    name = fields.Char();
    state = fields.Char();

    _records = [
        { id: 1, name: "News", state: "running" },
        { id: 2, name: "Old news", state: "done" },
    ];
    _views = {
        form: /* xml */ `
            <form>
                <field name="state"/>
                <widget name="helpcrunch_live_record"/>
            </form>`,
    };
}

defineMailModels();
defineModels([Broadcast]);

async function countReads(resId, seconds) {
    let reads = 0;
    onRpc("broadcast", "web_read", () => {
        reads++;
    });
    await mountView({ type: "form", resModel: "broadcast", resId });
    reads = 0;
    for (let second = 0; second < seconds; second++) {
        await advanceTime(1000);
        await animationFrame();
    }
    return reads;
}

test("a record that moves is read again every three seconds", async () => {
    expect(await countReads(1, 10)).toBe(3);
});

test("one that rests is left alone", async () => {
    expect(await countReads(2, 10)).toBe(0);
});
