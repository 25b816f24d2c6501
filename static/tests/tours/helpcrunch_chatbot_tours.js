import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openApp = [
    stepUtils.showAppsMenuItem(),
    {
        content: "open the app",
        trigger: '.o_app[data-menu-xmlid="helpcrunch_chatbot.helpcrunch_menu_root"]',
        run: "click",
    },
];

registry.category("web_tour.tours").add("helpcrunch_chatbot_manager", {
    steps: () => [
        ...openApp,
        {
            content: "open the configuration",
            trigger: '[data-menu-xmlid="helpcrunch_chatbot.helpcrunch_menu_configuration"]',
            run: "click",
        },
        {
            content: "open the bots",
            trigger: '[data-menu-xmlid="helpcrunch_chatbot.helpcrunch_bot_menu"]',
            run: "click",
        },
        {
            content: "begin an empty bot",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "name it",
            trigger: '.o_field_widget[name="name"] :is(input, textarea)',
            run: "edit Tour bot",
        },
        {
            content: "add a step",
            trigger: 'button[name="action_add_step"]',
            run: "click",
        },
        {
            content: "the step has a page of its own",
            trigger: '.o_form_view .o_field_widget[name="step_type"]',
        },
        {
            content: "name the step",
            trigger: '.o_field_widget[name="name"] :is(input, textarea)',
            run: "edit Hello",
        },
        {
            content: "say something",
            trigger: '.o_field_widget[name="message"] textarea',
            run: "edit Hello and welcome",
        },
        {
            content: "add an alias",
            trigger: '.o_field_widget[name="alias_ids"] .o_field_x2many_list_row_add a',
            run: "click",
        },
        {
            content: "the phrase that begins a dialogue",
            trigger: '.o_field_widget[name="alias_ids"] [name="name"] input',
            run: "edit /start",
        },
        ...stepUtils.saveForm(),
    ],
});

registry.category("web_tour.tours").add("helpcrunch_chatbot_operator", {
    steps: () => [
        ...openApp,
        {
            content: "an empty list tells what to do",
            trigger: ".o_view_nocontent",
        },
        {
            content: "there is nothing to configure",
            trigger: '.o_main_navbar:not(:has(button:contains("Configuration")))',
        },
    ],
});
