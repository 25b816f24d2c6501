/** The list of operators is read again when somebody comes, goes or is switched. */
import { onWillUnmount } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

// Many may come at once, at nine in the morning: they are looked at together.
const PAUSE = 1000;

function readAgainByItself(Controller) {
    return class extends Controller {
        setup() {
            super.setup(...arguments);
            const bus = useService("bus_service");
            let timer;
            const readSoon = () => {
                timer ??= setTimeout(() => {
                    timer = undefined;
                    this.model.load();
                }, PAUSE);
            };
            bus.subscribe("helpcrunch.operators", readSoon);
            onWillUnmount(() => {
                bus.unsubscribe("helpcrunch.operators", readSoon);
                clearTimeout(timer);
            });
        }
    };
}

const views = registry.category("views");
for (const view of [listView, kanbanView]) {
    views.add(`helpcrunch_operator_${view.type}`, {
        ...view,
        Controller: readAgainByItself(view.Controller),
    });
}
