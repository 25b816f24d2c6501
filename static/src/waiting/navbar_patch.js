/** The number of waiting customers stands in the menu, on a phone too. */
import { useEffect, useState } from "@odoo/owl";

import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { NavBar } from "@web/webclient/navbar/navbar";

const MENU = "helpcrunch_chatbot.helpcrunch_chat_menu_waiting";

patch(NavBar.prototype, {
    /** @override */
    setup() {
        super.setup(...arguments);
        this.helpcrunchWaiting = useState(useService("helpcrunch_waiting"));
        // A longer name may need the room of another menu.
        useEffect(
            () => {
                this.adapt();
            },
            () => [this.helpcrunchWaiting.count]
        );
    },
    /** @override */
    get currentAppSections() {
        const { count } = this.helpcrunchWaiting;
        return super.currentAppSections.map((section) =>
            count && section.xmlid === MENU
                ? { ...section, name: `${section.name} (${count})` }
                : section
        );
    },
});
