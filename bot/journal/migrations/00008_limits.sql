-- What is limited by listener, or by break-glass, is counted in the transaction
-- that accepts. Migration 9 fills in the listeners of what is stored already.

-- +goose Up
alter table operations add column listener_id text not null default '';
alter table operations add column glass boolean not null default false;
create index operations_listener on operations (listener_id, accepted_at, id) where accepted_at is not null;

-- +goose Down
drop index operations_listener;
alter table operations drop column glass;
alter table operations drop column listener_id;
