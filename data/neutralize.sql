-- A copy must not talk to customers: no keys, and nothing waits to be sent.
UPDATE helpcrunch_account
   SET api_key = NULL,
       webhook_secret = NULL,
       webhook_token = md5(random()::text || id::text),
       state = 'draft';
UPDATE helpcrunch_message
   SET state = 'cancelled'
 WHERE state = 'outgoing';
UPDATE helpcrunch_outbox
   SET state = 'cancelled'
 WHERE state IN ('pending', 'sending', 'unknown');
UPDATE helpcrunch_outbox
   SET payload = payload - 'secret_body'
 WHERE payload -> 'secret_body' IS NOT NULL;
UPDATE helpcrunch_login
   SET state = 'void'
 WHERE state IN ('asked', 'confirmed');
UPDATE helpcrunch_event
   SET state = 'ignored',
       reason = 'neutralized'
 WHERE state = 'pending';
UPDATE helpcrunch_broadcast_recipient
   SET state = 'skipped',
       reason = 'neutralized',
       queued = FALSE
 WHERE state IN ('pending', 'unknown');
UPDATE helpcrunch_broadcast_recipient
   SET continues = FALSE
 WHERE continues;
UPDATE helpcrunch_broadcast
   SET state = 'cancelled',
       fresh = FALSE,
       done_at = now() AT TIME ZONE 'UTC'
 WHERE state IN ('planned', 'running', 'paused');
UPDATE helpcrunch_step
   SET schedule_state = 'paused'
 WHERE step_type = 'schedule' AND schedule_state = 'planned';
