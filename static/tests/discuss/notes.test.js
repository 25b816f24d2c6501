import { foldHelpcrunchHistory } from "@helpcrunch_chatbot/discuss/message_patch";
import { createDialogue, defineHelpcrunchModels, send } from "../helpcrunch_test_helpers";

import { describe, expect, test } from "@odoo/hoot";

import {
    click,
    contains,
    insertText,
    openDiscuss,
    start,
    startServer,
} from "@mail/../tests/mail_test_helpers";
import { Command, getService, mockService, onRpc, serverState } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineHelpcrunchModels();

const NOTE = "[data-helpcrunch-note] .o-mail-Composer-input";

/** Open a dialogue, and note of what kind each message is that its composer sends. */
async function openWatched(info, vals) {
    onRpc("/mail/message/post", async (request) => {
        const { params } = await request.json();
        expect.step(`${params.post_data.subtype_xmlid}: ${params.post_data.body}`);
    });
    const channelId = await createDialogue(info, vals);
    await start();
    await openDiscuss(channelId);
    return channelId;
}

test("a note is written until one goes back to the customer", async () => {
    await openWatched();
    await click("button[title='Write a note for colleagues']");
    await contains(NOTE);
    await send("A good customer");
    await expect.waitForSteps(["mail.mt_note: A good customer"]);
    // After a reload too, with whatever was begun.
    const [key] = Object.keys(localStorage).filter((name) => name.includes("chatbot.note/"));
    expect(localStorage.getItem(key)).toBe("true");
    await click("button[title='Write to the customer']");
    await contains(NOTE, { count: 0 });
    expect(localStorage.getItem(key)).toBe(null);
    await send("Good day");
    await expect.waitForSteps(["mail.mt_comment: Good day"]);
});

test("whoever was invited writes notes", async () => {
    await openWatched({ is_mine: false });
    await contains(NOTE);
    await contains("button[title='Write to the customer']", { count: 0 });
    await send("Give a discount");
    await expect.waitForSteps(["mail.mt_note: Give a discount"]);
});

test("a text that mentions a colleague is a note", async () => {
    const pyEnv = await startServer();
    await openWatched({}, {
        channel_member_ids: [
            Command.create({ partner_id: serverState.partnerId }),
            Command.create({ partner_id: pyEnv["res.partner"].create({ name: "Petro" }) }),
        ],
    });
    await insertText(".o-mail-Composer-input", "@Pet");
    await click(".o-mail-Composer-suggestion", { text: "Petro" });
    await contains(NOTE);
    await insertText(".o-mail-Composer-input", "", { replace: true });
    await contains(NOTE, { count: 0 });
});

test("what is no command stays in the composer", async () => {
    mockService("notification", { add: (text) => expect.step(text.toString()) });
    await openWatched();
    await insertText(".o-mail-Composer-input", "/laed Three sofas");
    await click(".o-mail-Composer button[title='Send']");
    await expect.waitForSteps([
        "“/laed” is no command, so it was not sent. Begin without the slash.",
    ]);
    await contains(".o-mail-Composer-input", { value: "/laed Three sofas" });
});

test("what is handed over stays on the screen, with what was begun", async () => {
    onRpc("/discuss/channel/notify_typing", async (request) => {
        const { params } = await request.json();
        expect.step(`typing: ${params.is_typing}`);
    });
    const channelId = await openWatched();
    await insertText(".o-mail-Composer-input", "Just a moment");
    await expect.waitForSteps(["typing: true"]);
    const store = getService("mail.store");
    const thread = store.Thread.get({ model: "discuss.channel", id: channelId });
    store.insert({
        "discuss.channel": [
            {
                id: channelId,
                helpcrunch_info: {
                    ...thread.helpcrunch_info,
                    is_open: false,
                    is_mine: false,
                    handed_to: "Petro",
                },
                channel_member_ids: [["DELETE", [{ id: thread.self_member_id.id }]]],
            },
        ],
    });
    await contains(".o_helpcrunch_closed", { text: "Handed over to Petro." });
    await contains(".o_helpcrunch_draft", { text: "Just a moment" });
    await contains(".o-mail-DiscussSidebarChannel .fst-italic.text-muted", { text: "Taras" });
    await contains(".o-mail-Composer-input", { count: 0 });
    expect(thread.shouldSubscribeToBusChannel).toBe(false);
    // Nobody is told any more, and the server is asked for nothing that it would refuse.
    expect.verifySteps([]);
    // It can be left; what comes back is read anew.
    thread.unpin();
    await contains(".o-mail-DiscussSidebarChannel", { count: 0, text: "Taras" });
});

test("what comes back after somebody else had it is read anew", async () => {
    const channelId = await openWatched();
    await contains(".o-mail-Composer-input");
    const thread = getService("mail.store").Thread.get({ model: "discuss.channel", id: channelId });
    const info = thread.helpcrunch_info;
    onRpc("/discuss/channel/messages", () => expect.step("read"));
    thread.helpcrunchIsKept = true;
    thread.helpcrunch_info = { ...info, is_open: false, handed_to: "Petro" };
    await contains(".o_helpcrunch_closed");
    expect.verifySteps([]);
    thread.helpcrunch_info = info;
    await expect.waitForSteps(["read"]);
});

test("an answer to a note, and a mention of all, are notes before they are sent", async () => {
    const channelId = await openWatched();
    await insertText(".o-mail-Composer-input", "@everyone look");
    await contains(NOTE);
    await insertText(".o-mail-Composer-input", "Hello", { replace: true });
    await contains(NOTE, { count: 0 });
    const store = getService("mail.store");
    const thread = store.Thread.get({ model: "discuss.channel", id: channelId });
    thread.composer.replyToMessage = store["mail.message"].insert({
        id: 5001,
        body: "10 %",
        message_type: "comment",
        subtype_id: store.mt_note,
        thread,
    });
    await contains(NOTE);
});

test("what keeps messages from customers stands at the composer", async () => {
    await openWatched({ trouble: "HelpCrunch does not answer." });
    await contains(".o_helpcrunch_trouble", { text: "HelpCrunch does not answer.", count: 2 });
});

test("the panel tells who had the customer before", async () => {
    await openWatched({
        former: [{ id: 5, name: "Petro", ended_at: "2026-11-20 10:00:00" }],
    });
    await contains(".o_helpcrunch_info_former", { text: "Nov 20, 2026Petro" });
});

test("the panel pauses and returns to the bot", async () => {
    onRpc("discuss.channel", "execute_command_helpcrunch", ({ kwargs }) => {
        expect.step(kwargs.body);
        return true;
    });
    await openWatched();
    await click(".o_helpcrunch_pause");
    await expect.waitForSteps(["/pause"]);
    await click(".o_helpcrunch_resume");
    await expect.waitForSteps(["/resume"]);
});

test("messages in a row have one check mark, the last", async () => {
    const pyEnv = await startServer();
    const channelId = await createDialogue();
    const ids = ["One", "Two"].map((body) =>
        pyEnv["mail.message"].create({
            author_id: serverState.partnerId,
            body,
            message_type: "comment",
            model: "discuss.channel",
            res_id: channelId,
        })
    );
    await start();
    await openDiscuss(channelId);
    await contains(".o-mail-Message", { count: 2 });
    const store = getService("mail.store");
    for (const id of ids) {
        store["mail.message"].get(id).helpcrunch_delivery = { state: "sent", error: false };
    }
    await contains(".o_helpcrunch_delivery", { count: 1 });
    await contains(".o-mail-Message:contains('Two') .o_helpcrunch_delivery");
    await contains(".o-mail-Message-actions [title='Add a Reaction']", { count: 0 });
    // What has not arrived says so beside each.
    store["mail.message"].get(ids[0]).helpcrunch_delivery = { state: "failed", error: "refused" };
    await contains(".o_helpcrunch_delivery", { count: 2 });
});

test("what was said before is folded, once", () => {
    const body = document.createElement("div");
    body.innerHTML = `<div class="o_helpcrunch_history"><b>Conversation so far</b><p>Hi</p></div>`;
    foldHelpcrunchHistory(body);
    foldHelpcrunchHistory(body);
    expect(body.querySelectorAll("details")).toHaveLength(1);
    expect(body.querySelector("details").open).toBe(false);
    expect(body.querySelector("summary").textContent).toBe("Conversation so far");
    expect(body.querySelector("details > p").textContent).toBe("Hi");
});
