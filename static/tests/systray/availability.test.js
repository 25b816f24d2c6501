import { HelpcrunchAvailability } from "@helpcrunch_chatbot/systray/availability";

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, queryOne } from "@odoo/hoot-dom";
import { animationFrame, Deferred } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";

import { session } from "@web/session";

describe.current.tags("headless");
defineMailModels();

const BUTTON = "button.o_helpcrunch_availability";

beforeEach(() => patchWithCleanup(session, { helpcrunch_operator: { available: false } }));

test("one click makes available, and the session remembers it", async () => {
    onRpc("helpcrunch.operator", "set_my_availability", ({ args }) => {
        expect.step(args[0]);
        return { available: args[0] };
    });
    await mountWithCleanup(HelpcrunchAvailability);
    const button = () => queryOne(BUTTON);
    expect(button().title).toBe("You receive no new dialogues");
    await click(BUTTON);
    await animationFrame();
    expect(button().title).toBe("You receive new dialogues");
    expect(session.helpcrunch_operator.available).toBe(true);
    expect.verifySteps([true]);
});

test("a second click waits for the first", async () => {
    const answer = new Deferred();
    onRpc("helpcrunch.operator", "set_my_availability", async ({ args }) => {
        expect.step(args[0]);
        await answer;
        return { available: args[0] };
    });
    await mountWithCleanup(HelpcrunchAvailability);
    await click(BUTTON);
    await click(BUTTON);
    answer.resolve();
    await animationFrame();
    expect.verifySteps([true]);
});
