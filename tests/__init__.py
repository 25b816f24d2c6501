"""Tests stand in the rooms of models/; those of people and of the manual apart."""

from .broadcasts import (
    test_broadcast,
    test_broadcast_again,
    test_broadcast_contacts,
    test_broadcast_flow,
    test_broadcast_once,
    test_broadcast_queries,
    test_broadcast_roles,
    test_broadcast_threads,
    test_broadcast_trouble,
    test_notification,
    test_notification_threads,
    test_schedule,
    test_schedule_clock,
    test_trigger,
)
from .contacts import (
    test_contact_form,
    test_duplicates,
    test_merge,
    test_merge_rows,
    test_merge_threads,
    test_merge_unsafe,
    test_merged_leads,
    test_privacy,
    test_typed_contacts,
)
from .dialogue import (
    test_concurrency,
    test_customers,
    test_engine,
    test_files,
    test_opt_out,
    test_order,
    test_queries,
    test_reader_language,
    test_step_refused,
    test_story,
    test_typed_words,
    test_webhook,
    test_webhook_shapes,
)
from .drawing import (
    test_drawing_file,
    test_drawing_threads,
    test_picture,
    test_problems,
    test_trial,
)
from .logins import (
    test_login,
    test_login_operator,
    test_login_page,
    test_login_roles,
    test_login_threads,
)
from .manual import (
    test_i18n,
    test_javascript,
    test_manual,
    test_manual_operators,
    test_manual_schedule,
    test_tours,
)
from .messenger import (
    test_api_client,
    test_api_connection,
    test_people_connect,
)
from .operators import (
    test_aside,
    test_canned_response,
    test_discuss,
    test_notes,
    test_one_way,
    test_operator_commands,
    test_operator_gone,
    test_operator_inbox,
    test_operator_order_threads,
    test_operator_orders,
    test_operator_reassigned,
    test_operator_roles,
    test_operator_threads,
    test_operator_timers,
    test_operators,
    test_presence,
    test_waiting,
)
from .outbox import (
    test_delivery,
    test_outside_answers,
    test_outside_clock,
    test_outside_switches,
    test_trouble,
)
from .report import (
    test_reports,
    test_statistic_threads,
    test_statistics,
)
from .roles import (
    test_people_walk,
    test_rights_discuss,
    test_rights_doors,
    test_rights_forms,
    test_rights_table,
    test_rights_turn,
    test_screens,
)
from .script import (
    test_choice,
    test_contract,
    test_create_lead,
    test_drawing,
    test_example,
    test_flow,
    test_languages,
    test_live_bots,
    test_media,
    test_rating,
    test_update_contact,
    test_update_contact_fields,
)
from .tools import (
    test_tools,
    test_tools_machine,
    test_tools_schedule,
)
