/**
 * How many customers wait whom this user may take, known in every app. The server only
 * says that something has changed; who may see how many is asked for.
 */
import { reactive } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { session } from "@web/session";

// Many may come at once: they are looked at together, so often at most.
const PAUSE = 1000;
// What is told by nobody: a place in a queue that was given or taken away.
const INTERVAL = 60 * 1000;

export const waitingService = {
    dependencies: ["bus_service", "orm"],
    start(env, { bus_service: bus, orm }) {
        const waiting = reactive({ count: session.helpcrunch_waiting || 0, changes: 0 });
        if (session.helpcrunch_waiting === undefined) {
            return waiting;
        }
        let timer;
        async function read() {
            timer = undefined;
            try {
                waiting.count = await orm.silent.call("helpcrunch.chat", "get_waiting_count", []);
                waiting.changes++;
            } catch {
                // Offline for a moment, or logged out: the next look tells more.
            }
        }
        function readSoon() {
            if (!document.hidden) {
                timer ??= setTimeout(read, PAUSE);
            }
        }
        bus.subscribe("helpcrunch.waiting", readSoon);
        bus.start();
        document.addEventListener("visibilitychange", readSoon);
        setInterval(readSoon, INTERVAL);
        return waiting;
    },
};

registry.category("services").add("helpcrunch_waiting", waitingService);
