/** From one dialogue to the next without the mouse: alt+shift+N, in every app. */
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

/**
 * Return the dialogue of the user's whose customer has waited longest, after those that
 * have unread messages; undefined if nobody waits.
 *
 * @param {import("models").Store} store
 */
export function findNextDialogue(store) {
    const far = DateTime.now();
    const since = (thread) => thread.helpcrunchWaitsSince || far;
    const current = store.discuss.isActive ? store.discuss.thread : undefined;
    return store.discuss.helpcrunchCategory.threads
        .filter((thread) => thread.helpcrunchIsOpen && thread.notEq(current))
        .filter((thread) => thread.importantCounter || thread.helpcrunchWaitsSince)
        .sort((a, b) => since(a) - since(b))[0];
}

export async function openNextDialogue(store, notification) {
    await store.channels.fetch();
    const thread = findNextDialogue(store);
    if (thread) {
        thread.open({ focus: true });
    } else {
        notification.add(_t("Nobody waits for your answer."), { type: "info" });
    }
}
