-- History is read by channel and by listener, and denials by time. Migration 15
-- fills in the channels of what is stored already.

-- +goose Up
alter table operations add column channel_id text not null default ''; -- where it was asked for
create index operations_channel on operations (channel_id, accepted_at, id) where accepted_at is not null;
create index events_denied on events (at, seq) where kind = 'denied';

-- +goose Down
drop index events_denied;
drop index operations_channel;
alter table operations drop column channel_id;
