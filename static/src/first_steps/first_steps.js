/**
 * The first screen of a new database: what to do before a customer is answered, what is
 * done. Asked for each time the empty list of dialogues is shown, for the client keeps the
 * text that comes with an action.
 */
import { Component, onWillStart } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ActionHelper } from "@web/views/action_helper";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

export class FirstSteps extends Component {
    static template = "helpcrunch_chatbot.FirstSteps";
    static components = { ActionHelper };
    static props = ActionHelper.props;

    setup() {
        this.action = useService("action");
        const orm = useService("orm");
        onWillStart(async () => {
            this.steps = await orm.call("helpcrunch.chat", "get_first_steps", []);
        });
    }
}

class ChatListRenderer extends ListRenderer {
    static components = { ...ListRenderer.components, ActionHelper: FirstSteps };
}

class ChatKanbanRenderer extends KanbanRenderer {
    static components = { ...KanbanRenderer.components, ActionHelper: FirstSteps };
}

const views = registry.category("views");
views.add("helpcrunch_chat_list", { ...listView, Renderer: ChatListRenderer });
views.add("helpcrunch_chat_kanban", { ...kanbanView, Renderer: ChatKanbanRenderer });
