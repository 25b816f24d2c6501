/** From one dialogue to the next without the mouse: alt+shift+N, in every app. */
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

// To whom the key has led last: pressed again, it goes on from there.
let last;

/**
 * Return the dialogue of the user's whose customer has waited longest, or the one after
 * the one that is open; undefined if nobody else waits.
 *
 * @param {import("models").Store} store
 */
export function findNextDialogue(store) {
    const far = DateTime.now();
    const since = (thread) => thread.helpcrunchWaitsSince || far;
    const current = store.discuss.isActive ? store.discuss.thread : last;
    const waiting = store.discuss.helpcrunchCategory.threads
        .filter((thread) => thread.helpcrunchIsOpen)
        .filter((thread) => thread.importantCounter || thread.helpcrunchWaitsSince)
        .sort((a, b) => since(a) - since(b));
    const place = waiting.findIndex((thread) => thread.eq(current));
    const next = waiting[(place + 1) % waiting.length];
    return next?.eq(store.discuss.isActive && current) ? undefined : next;
}

export async function openNextDialogue(store, notification) {
    await store.channels.fetch();
    const thread = findNextDialogue(store);
    last = thread;
    if (thread) {
        thread.open({ focus: true });
    } else {
        notification.add(_t("Nobody waits for your answer."), { type: "info" });
    }
}
