/**
 * The dialogues in the sidebar: how long each customer has waited for an answer. Closed
 * ones stay until they are unpinned; they are greyed out, so that those which wait are
 * seen.
 */
import { DiscussSidebarChannel } from "@mail/discuss/core/public_web/discuss_sidebar_categories";

import { patch } from "@web/core/utils/patch";

import { Since } from "../waiting/since";

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
DiscussSidebarChannel.components = { ...DiscussSidebarChannel.components, Since };
