/** The list of who waits is read again by itself when somebody comes or goes. */
import { useEffect, useState } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

function readAgainByItself(Controller) {
    return class extends Controller {
        setup() {
            super.setup(...arguments);
            const waiting = useState(useService("helpcrunch_waiting"));
            const seen = waiting.changes;
            useEffect(
                (changes) => {
                    if (changes !== seen) {
                        this.model.load();
                    }
                },
                () => [waiting.changes]
            );
        }
    };
}

const views = registry.category("views");
for (const view of [listView, kanbanView]) {
    views.add(`helpcrunch_waiting_${view.type}`, {
        ...view,
        Controller: readAgainByItself(view.Controller),
    });
}
