/**
 * Closed dialogues stay in the sidebar until they are unpinned; they are greyed out, so
 * that those which wait for an answer are seen.
 */
import { DiscussSidebarChannel } from "@mail/discuss/core/public_web/discuss_sidebar_categories";

import { patch } from "@web/core/utils/patch";

/** @type {import("@mail/discuss/core/public_web/discuss_sidebar_categories").DiscussSidebarChannel} */
const discussSidebarChannelPatch = {
    get itemNameAttClass() {
        return {
            ...super.itemNameAttClass,
            "fst-italic text-muted": this.thread.helpcrunchIsClosed,
        };
    },
    get threadAvatarAttClass() {
        return {
            ...super.threadAvatarAttClass,
            "opacity-50": this.thread.helpcrunchIsClosed,
        };
    },
};
patch(DiscussSidebarChannel.prototype, discussSidebarChannelPatch);
