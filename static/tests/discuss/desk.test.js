import { createDialogue, defineHelpcrunchModels } from "../helpcrunch_test_helpers";

import { describe, expect, test } from "@odoo/hoot";
import { press } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";

import {
    click,
    contains,
    insertText,
    openDiscuss,
    start,
    startServer,
    triggerHotkey,
} from "@mail/../tests/mail_test_helpers";
import { mailDataHelpers } from "@mail/../tests/mock_server/mail_mock_server";
import { MockServer, onRpc, patchWithCleanup, serverState } from "@web/../tests/web_test_helpers";
import { session } from "@web/session";

describe.current.tags("desktop");
defineHelpcrunchModels();

const ITEM = ".o-mail-DiscussSidebarChannel";

test("the sidebar tells how long each customer has waited", async () => {
    mockDate("2026-03-10 10:00:00", +0);
    await createDialogue({}, { name: "Waits", helpcrunch_waits_since: "2026-03-10 09:18:00" });
    await createDialogue({}, { name: "Answered" });
    await createDialogue(
        { is_open: false, state: "done" },
        { name: "Closed", helpcrunch_waits_since: "2026-03-10 09:18:00" }
    );
    await start();
    await openDiscuss();
    await contains(`${ITEM}:contains(Waits) .o_helpcrunch_wait`, { text: "42 min" });
    await contains(".o_helpcrunch_wait", { count: 1 });
});

test("the key leads to who has waited longest, then says that nobody does", async () => {
    patchWithCleanup(session, { helpcrunch_operator: { available: true } });
    await createDialogue({}, { name: "Later", helpcrunch_waits_since: "2026-03-10 09:30:00" });
    await createDialogue({}, { name: "First", helpcrunch_waits_since: "2026-03-10 09:18:00" });
    await createDialogue({}, { name: "Answered" });
    await start();
    await openDiscuss();
    await contains(ITEM, { count: 3 });
    await contains("button.o_helpcrunch_availability");
    await triggerHotkey("alt+shift+n");
    await contains(`${ITEM}.o-active:contains(First)`);
    await triggerHotkey("alt+shift+n");
    await contains(`${ITEM}.o-active:contains(Later)`);
});

test("the panel tells what was answered, and since when one waits", async () => {
    mockDate("2026-03-10 10:00:00", +0);
    const channelId = await createDialogue(
        { answers: [{ id: 3, question: "Colour", answer: "Red" }], is_snoozed: true },
        { helpcrunch_waits_since: "2026-03-10 09:59:30" }
    );
    await start();
    await openDiscuss(channelId);
    await contains(".o_helpcrunch_info_answer", { text: "Colour:Red" });
    await contains(".o_helpcrunch_info", { text: "With an operator, put aside" });
    await contains(".o_helpcrunch_info", { text: "Waits for an answer: < 1 min" });
});

/** Open a dialogue, and note what is ordered. */
async function openWatched(info) {
    onRpc("discuss.channel", "execute_command_helpcrunch", ({ kwargs }) => {
        expect.step(kwargs.body);
        return true;
    });
    await start();
    await openDiscuss(await createDialogue(info));
}

test("tags are put on and taken off in the panel", async () => {
    await openWatched({ tags: [{ id: 5, name: "Refund" }] });
    await contains(".o_helpcrunch_tags .o_tag", { text: "Refund" });
    await click(".o_helpcrunch_tags .o_tag .o_delete");
    await expect.waitForSteps(["/untag Refund"]);
    await click(".o_helpcrunch_tags input");
    await click(".o_helpcrunch_tags .dropdown-item", { text: "Delivery" });
    await expect.waitForSteps(["/tag Delivery"]);
});

test("a dialogue is put aside until the customer writes, or for a while", async () => {
    await openWatched({});
    await click(".o_helpcrunch_snooze");
    await click(".o-dropdown-item", { text: "Two hours" });
    await expect.waitForSteps(["/snooze 120"]);
    await click(".o_helpcrunch_snooze");
    await click(".o-dropdown-item", { text: "Until the customer writes" });
    await expect.waitForSteps(["/snooze "]);
});

test("a canned response tells what it will do, and need not do it", async () => {
    const pyEnv = await startServer();
    pyEnv["mail.canned.response"].create({
        source: "bye",
        substitution: "Good bye",
        helpcrunch_orders: ["/tag Refund", "/close"],
    });
    onRpc("/mail/message/post", async (request) => {
        const { params } = await request.json();
        expect.step(params.canned_response_ids?.length || 0);
    });
    await start();
    await openDiscuss(await createDialogue());
    const insert = async () => {
        await insertText(".o-mail-Composer-input", "::bye");
        await click(".o-mail-Composer-suggestion");
        await contains(".o_helpcrunch_macro:contains('After it is sent: /tag Refund, /close')");
    };
    await insert();
    await press("Enter");
    await expect.waitForSteps([1]);
    await contains(".o_helpcrunch_macro", { count: 0 });
    await insert();
    await click(".o_helpcrunch_macro button");
    await contains(".o_helpcrunch_macro", { count: 0 });
    await press("Enter");
    await expect.waitForSteps([0]);
});

/** Let the server take a dialogue out of the user's list, as putting aside does. */
function unpin(channelId) {
    const { env } = MockServer;
    const [member] = env["discuss.channel.member"].search([["channel_id", "=", channelId]]);
    env["discuss.channel.member"].write([member], { unpin_dt: "2030-01-01 10:00:00" });
    const [partner] = env["res.partner"].read(serverState.partnerId);
    env["bus.bus"]._sendone(
        partner,
        "mail.record/insert",
        new mailDataHelpers.Store(env["discuss.channel.member"].browse(member), {
            is_pinned: false,
        }).get_result()
    );
}

test("what is put aside stays in view, with a way back", async () => {
    const first = await createDialogue(
        { is_snoozed: true, snoozed_until: "2030-03-10 09:18:00" },
        { name: "First" }
    );
    await createDialogue({}, { name: "Second", helpcrunch_waits_since: "2026-03-10 09:18:00" });
    onRpc("discuss.channel", "execute_command_helpcrunch", ({ kwargs }) => {
        expect.step(kwargs.body);
        return true;
    });
    await start();
    await openDiscuss(first);
    await contains(`${ITEM}.o-active:contains(First)`);
    unpin(first);
    await animationFrame();
    await contains(`${ITEM}.o-active:contains(First)`);
    await contains(".o_helpcrunch_snoozed:contains('Put aside until')");
    await click(".o_helpcrunch_take_up");
    await expect.waitForSteps(["/snooze 0"]);
});
