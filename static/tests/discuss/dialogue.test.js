import { createDialogue, defineHelpcrunchModels, send } from "../helpcrunch_test_helpers";

import { describe, expect, test } from "@odoo/hoot";

import {
    click,
    contains,
    insertText,
    openDiscuss,
    setupChatHub,
    start,
    startServer,
} from "@mail/../tests/mail_test_helpers";
import { Command, onRpc, serverState } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineHelpcrunchModels();

const CATEGORY = ".o-mail-DiscussSidebarCategory-helpcrunch";

test("dialogues have a category of their own, newest first", async () => {
    await createDialogue({}, { name: "Older", last_interest_dt: "2026-01-01 10:00:00" });
    await createDialogue({}, { name: "Newer", last_interest_dt: "2026-01-02 10:00:00" });
    await start();
    await openDiscuss();
    await contains(`${CATEGORY}`, { text: "HelpCrunch" });
    await contains(".o-mail-DiscussSidebarChannel", {
        text: "Newer",
        before: [".o-mail-DiscussSidebarChannel", { text: "Older" }],
    });
});

test("without a dialogue there is no category", async () => {
    await startServer();
    await start();
    await openDiscuss();
    await contains(".o-mail-DiscussSidebar");
    await contains(CATEGORY, { count: 0 });
});

test("a dialogue that has ended is greyed out and cannot be written in", async () => {
    const channelId = await createDialogue({ is_open: false, state: "done" });
    await start();
    await openDiscuss(channelId);
    await contains(".o-mail-DiscussSidebarChannel .fst-italic.text-muted", { text: "Taras" });
    await contains(".o-mail-Composer-input", { count: 0 });
    await contains("button[title='Close the dialogue']", { count: 0 });
});

test("the panel tells whom one talks to; who closes it finds it closed", async () => {
    const channelId = await createDialogue();
    await start();
    await openDiscuss(channelId);
    await contains(".o_helpcrunch_info_container", { text: "Telegram" });
    await contains(".o_helpcrunch_info_container", { text: "With an operator" });
    await click("button[title='Information']");
    await contains(".o_helpcrunch_info_container", { count: 0 });
});

/** Open a dialogue, and note what its composer sends to the server. */
async function openWatched() {
    onRpc("discuss.channel", "execute_command_helpcrunch", ({ kwargs }) => {
        expect.step(kwargs.body);
        return true;
    });
    onRpc("/mail/message/post", () => expect.step("posted"));
    const channelId = await createDialogue();
    await start();
    await openDiscuss(channelId);
}

test("a command goes to the dialogue and not to the customer", async () => {
    await openWatched();
    await send("/lead Three sofas");
    await expect.waitForSteps(["/lead Three sofas"]);
    await contains(".o-mail-Composer-input", { value: "" });
    await send("Good day");
    await expect.waitForSteps(["posted"]);
});

test("what looks like a known command never reaches the customer", async () => {
    await openWatched();
    await send("/leave now");
    await expect.waitForSteps(["/leave now"]);
});

test("mentions are for those who are in the dialogue, channels are for nobody", async () => {
    const pyEnv = await startServer();
    const colleague = pyEnv["res.partner"].create({ name: "Colleague" });
    pyEnv["res.users"].create({ partner_id: colleague });
    const channelId = await createDialogue({}, {
        channel_member_ids: [
            Command.create({ partner_id: serverState.partnerId }),
            Command.create({ partner_id: pyEnv["res.partner"].create({ name: "Member" }) }),
        ],
    });
    await start();
    await openDiscuss(channelId);
    await insertText(".o-mail-Composer-input", "@");
    await contains(".o-mail-Composer-suggestion", { text: "Member" });
    await contains(".o-mail-Composer-suggestion", { count: 0, text: "Colleague" });
    await insertText(".o-mail-Composer-input", "#", { replace: true });
    await contains(".o-mail-Composer-suggestion", { count: 0 });
});

test("in the messaging menu dialogues are chats", async () => {
    await createDialogue();
    await start();
    await click(".o_menu_systray i[aria-label='Messages']");
    await click(".o-mail-MessagingMenu button", { text: "Chats" });
    await contains(".o-mail-NotificationItem", { text: "Taras" });
});

test("a window of a dialogue that has ended does not come back by itself", async () => {
    const pyEnv = await startServer();
    const open = await createDialogue({}, { name: "Open" });
    const ended = await createDialogue({ is_open: false, state: "done" }, { name: "Ended" });
    setupChatHub({ opened: [open, ended] });
    await start();
    await contains(".o-mail-ChatWindow", { text: "Open" });
    await contains(".o-mail-ChatWindow", { count: 0, text: "Ended" });
    expect(pyEnv["discuss.channel"].search([["id", "=", ended]])).toEqual([ended]);
});
