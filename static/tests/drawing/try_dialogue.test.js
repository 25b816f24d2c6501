import { TryDialogue } from "@helpcrunch_chatbot/drawing/try_dialogue";

import { describe, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");
defineMailModels();

/** Answer each text in capitals, and remember what was asked for. */
async function openTrial(params = {}) {
    onRpc("helpcrunch.bot", "try_dialogue", ({ args }) => {
        const [ids, texts, options] = args;
        expect(ids).toEqual([5]);
        expect.step(texts.join(","));
        return {
            turns: ["", ...texts].map((text) => ({
                text,
                said: text === "quiet" ? [] : [text.toUpperCase() || "Welcome"],
                why: [`Because of ${text}`],
                effects: options.operators === "none" ? ["Nobody came."] : [],
            })),
        };
    });
    await mountWithCleanup(TryDialogue, {
        props: {
            action: {
                params: {
                    bot_id: 5,
                    step_id: false,
                    languages: [["en_US", "English"]],
                    language: "en_US",
                    channels: [[2, "Telegram"]],
                    ...params,
                },
            },
        },
    });
}

async function write(text) {
    await click(".o_helpcrunch_try_composer input[type=text]");
    await edit(text);
    await press("Enter");
    await animationFrame();
}

test("the whole dialogue is had again with each text", async () => {
    await openTrial();
    await write("one");
    await write("two");
    expect(queryAllTexts(".o_helpcrunch_try_said")).toEqual(["Welcome", "ONE", "TWO"]);
    expect(queryAllTexts(".o_helpcrunch_try_text")).toEqual(["one", "two"]);
    expect.verifySteps(["", "one", "one,two"]);
});

test("one goes back one step, and begins anew", async () => {
    await openTrial();
    await write("one");
    await write("two");
    await click("button:contains(Back One Step)");
    await animationFrame();
    expect(queryAllTexts(".o_helpcrunch_try_text")).toEqual(["one"]);
    await click("button:contains(Begin Anew)");
    await animationFrame();
    expect(queryAllTexts(".o_helpcrunch_try_text")).toEqual([]);
    expect.verifySteps(["", "one", "one,two", "one", ""]);
});

test("a silent bot is told of, and reasons are there for who asks", async () => {
    await openTrial();
    await write("quiet");
    expect(".o_helpcrunch_try_silent").toHaveCount(1);
    expect(".o_helpcrunch_try_why").toHaveCount(0);
    await click(".o_helpcrunch_try_composer input[type=checkbox]");
    await animationFrame();
    expect(queryAllTexts(".o_helpcrunch_try_why")).toEqual(["Because of", "Because of quiet"]);
    expect.verifySteps(["", "quiet"]);
});

test("a setting holds from the first word on", async () => {
    await openTrial();
    await write("one");
    await click(".o_helpcrunch_try_operators");
    document.querySelector(".o_helpcrunch_try_operators").value = "none";
    document
        .querySelector(".o_helpcrunch_try_operators")
        .dispatchEvent(new Event("change"));
    await animationFrame();
    expect(queryAllTexts(".o_helpcrunch_try_effects")).toEqual(["Nobody came.", "Nobody came."]);
    expect.verifySteps(["", "one", "one"]);
});
