import { describe, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

class Chat extends models.Model {
    since = fields.Datetime();

    _records = [
        { id: 1, since: "2026-03-10 09:59:30" },
        { id: 2, since: "2026-03-10 09:18:00" },
        { id: 3, since: "2026-03-10 07:50:00" },
        { id: 4, since: "2026-03-08 08:00:00" },
        { id: 5, since: "2026-03-10 08:00:00" },
        { id: 6, since: false },
        // The clock of the server may be ahead.
        { id: 7, since: "2026-03-10 10:00:20" },
    ];
    _views = {
        list: /* xml */ `<list><field name="since" widget="helpcrunch_since"/></list>`,
    };
}

defineMailModels();
defineModels([Chat]);

test("a moment is shown as what has passed since", async () => {
    mockDate("2026-03-10 10:00:00", +0);
    await mountView({ type: "list", resModel: "chat" });
    expect(queryAllTexts(".o_data_cell")).toEqual([
        "< 1 min",
        "42 min",
        "2 hr, 10 min",
        "2 days, 2 hr",
        "2 hr",
        "",
        "< 1 min",
    ]);
});

test("it goes on while one looks at it", async () => {
    mockDate("2026-03-10 10:00:00", +0);
    await mountView({ type: "list", resModel: "chat", domain: [["id", "=", 1]] });
    expect(queryAllTexts(".o_data_cell")).toEqual(["< 1 min"]);
    await advanceTime(90 * 1000);
    await animationFrame();
    expect(queryAllTexts(".o_data_cell")).toEqual(["2 min"]);
});
