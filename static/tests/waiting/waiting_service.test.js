import { describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    makeMockEnv,
    makeMockServer,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

import { session } from "@web/session";

describe.current.tags("headless");
defineMailModels();

async function startService(waiting, count) {
    patchWithCleanup(session, { helpcrunch_waiting: waiting });
    const asked = { times: 0 };
    onRpc("helpcrunch.chat", "get_waiting_count", () => {
        asked.times++;
        return count;
    });
    const { env } = await makeMockServer();
    await makeMockEnv();
    const ring = () => env["bus.bus"]._sendone("broadcast", "helpcrunch.waiting", {});
    return { asked, ring, service: getService("helpcrunch_waiting") };
}

test("the session tells the first number, and later ones are asked for together", async () => {
    const { asked, ring, service } = await startService(2, 5);
    expect(service.count).toBe(2);
    ring();
    ring();
    ring();
    await animationFrame();
    await advanceTime(1100);
    await animationFrame();
    expect(service.count).toBe(5);
    expect(asked.times).toBe(1);
    expect(service.changes).toBe(1);
});

test("every minute somebody looks, whatever was told", async () => {
    const { asked, service } = await startService(2, 0);
    await advanceTime(60 * 1000);
    await advanceTime(1100);
    await animationFrame();
    expect(service.count).toBe(0);
    expect(asked.times).toBe(1);
});

test("who is no operator asks for nothing", async () => {
    const { asked, service } = await startService(undefined, 5);
    await advanceTime(5 * 60 * 1000);
    expect(service.count).toBe(0);
    expect(asked.times).toBe(0);
});
