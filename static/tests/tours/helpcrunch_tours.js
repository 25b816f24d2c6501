import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const openApp = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open the app",
        trigger: ".o_app[data-menu-xmlid='helpcrunch_chatbot.helpcrunch_menu_root']",
        run: "click",
    },
];

const openBots = () => [
    ...openApp(),
    {
        content: "open Configuration",
        trigger:
            "button[data-menu-xmlid='helpcrunch_chatbot.helpcrunch_menu_configuration']",
        run: "click",
    },
    {
        content: "open Bots",
        trigger: ".dropdown-item[data-menu-xmlid='helpcrunch_chatbot.helpcrunch_bot_menu']",
        run: "click",
    },
];

const save = () => [
    {
        content: "save the page",
        trigger: ".o_form_button_save:visible",
        run: "click",
    },
    {
        trigger: ".o_form_saved:visible, .o_form_status_indicator_buttons.invisible:not(:visible)",
    },
];

const backToBot = () => [
    {
        content: "back to the bot",
        trigger: ".breadcrumb-item a:contains('Tour bot'), .o_back_button:contains('Tour bot')",
        run: "click",
    },
    { trigger: ".o_field_widget[name=step_ids]" },
];

tours.add("helpcrunch_draw_bot", {
    url: "/odoo",
    steps: () => [
        ...openBots(),
        { trigger: ".o_list_button_add", run: "click" },
        {
            content: "name the bot",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Tour bot",
        },
        {
            content: "the first step gets a page of its own",
            trigger: "button[name=action_add_step]",
            run: "click",
        },
        { trigger: ".o_field_widget[name=partner_domain]" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_field_widget[name=name] input", run: "edit Welcome" },
        { trigger: ".o_field_widget[name=message] textarea", run: "edit Hello!" },
        {
            content: "an alias line",
            trigger: "div[name=alias_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { trigger: "div[name=alias_ids] td[name=name] input", run: "edit /start" },
        { trigger: "a[name=multimedia]", run: "click" },
        {
            content: "the media dialog",
            trigger: "div[name=media_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { trigger: ".modal .o_form_button_save_new" },
        { trigger: ".modal .o_form_button_cancel" },
        {
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Price list",
        },
        {
            trigger: ".modal .o_field_widget[name=media_type] input, .modal select",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('File'), .dropdown-item:contains('File')",
            run: "click",
        },
        {
            content: "choose a file",
            trigger: ".modal .o_field_widget[name=attachment] input[type=file]:not(:visible)",
            async run() {
                const file = new File(["Prices"], "prices.txt", { type: "text/plain" });
                await inputFiles(
                    ".modal .o_field_widget[name=attachment] input[type=file]",
                    [file]
                );
            },
        },
        { trigger: ".modal .o_field_widget[name=attachment] input:value(prices.txt)" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal)) td:contains('Price list')" },
        ...save(),
        ...backToBot(),
        { trigger: "button[name=action_add_step]", run: "click" },
        { trigger: ".o_field_widget[name=partner_domain]" },
        { trigger: ".o_field_widget[name=name] input", run: "edit Topic" },
        {
            trigger: ".o_field_widget[name=step_type] input, .o_field_widget[name=step_type] select",
            run: "click",
        },
        { trigger: ".o_select_menu_item:contains('Free input')", run: "click" },
        ...save(),
        ...backToBot(),
        {
            content: "each row opens its step",
            trigger: ".o_data_row:contains('Welcome') button[name=action_open]",
            run: "click",
        },
        { trigger: ".o_field_widget[name=message] textarea:value(Hello!)" },
    ],
});

tours.add("helpcrunch_example_bot", {
    url: "/odoo",
    steps: () => [
        ...openBots(),
        {
            trigger: ".o_view_nocontent a:contains('Create an example bot')",
            run: "click",
        },
        { trigger: ".o_form_view .o_data_row button[name=action_open]" },
    ],
});

tours.add("helpcrunch_operator", {
    url: "/odoo",
    steps: () => [
        ...openApp(),
        { trigger: ".o_data_row:contains('Olena')" },
        {
            content: "no Configuration for operators",
            trigger:
                "body:not(:has([data-menu-xmlid='helpcrunch_chatbot.helpcrunch_menu_configuration']))",
        },
        { trigger: ".o_data_row td:contains('Olena')", run: "click" },
        { trigger: ".o_helpcrunch_bubble:contains('Is anybody there?')" },
        { trigger: "body:not(:has(button[name=action_pause]))" },
    ],
});

tours.add("helpcrunch_waiting", {
    url: "/odoo",
    steps: () => [
        ...openApp(),
        {
            content: "how many wait stands in the menu",
            trigger:
                "[data-menu-xmlid='helpcrunch_chatbot.helpcrunch_chat_menu_waiting']:contains('(1)')",
            run: "click",
        },
        {
            content: "and for how long in the list",
            trigger: ".o_data_row:contains('Taras'):contains('3 hr')",
        },
        { trigger: ".o_data_row button[name=action_take]" },
        { trigger: ".o_data_row td:contains('Taras')", run: "click" },
        { trigger: ".o_form_statusbar button[name=action_take]" },
    ],
});
