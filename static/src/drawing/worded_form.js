/**
 * Forms whose buttons to save and to discard are words, as in the user's manual.
 */
import { registry } from "@web/core/registry";
import { FormStatusIndicator } from "@web/views/form/form_status_indicator/form_status_indicator";
import { formView } from "@web/views/form/form_view";

export class WordedStatusIndicator extends FormStatusIndicator {
    static template = "helpcrunch_chatbot.WordedStatusIndicator";
}

export class WordedFormController extends formView.Controller {
    static components = {
        ...formView.Controller.components,
        FormStatusIndicator: WordedStatusIndicator,
    };
}

registry.category("views").add("helpcrunch_worded_form", {
    ...formView,
    Controller: WordedFormController,
});
