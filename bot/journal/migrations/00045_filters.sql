-- Every filter of `lbbot operations list` has an index. Operations of one millisecond
-- are sorted by id when they are read, so the indexes do without the id. Migration 46
-- fills in the names of what is stored already.

-- +goose Up

-- Every name that a listener had when an operation on it was accepted.
create table listener_names (
    name        text not null,
    listener_id text not null,
    primary key (name, listener_id)
);
-- Written once, when an operation ends. Open ones are found by their subject.
create index operations_state on operations (state, accepted_at) where accepted_at is not null and not open;
drop index operations_accepted;
drop index operations_actor;
drop index operations_listener;
drop index operations_channel;
create index operations_accepted on operations (accepted_at) where accepted_at is not null;
create index operations_actor on operations (actor_id, accepted_at) where accepted_at is not null;
create index operations_listener on operations (listener_id, accepted_at) where accepted_at is not null;
create index operations_channel on operations (channel_id, accepted_at) where accepted_at is not null;

-- +goose Down
drop index operations_channel;
drop index operations_listener;
drop index operations_actor;
drop index operations_accepted;
create index operations_accepted on operations (accepted_at, id) where accepted_at is not null;
create index operations_actor on operations (actor_id, accepted_at, id) where accepted_at is not null;
create index operations_listener on operations (listener_id, accepted_at, id) where accepted_at is not null;
create index operations_channel on operations (channel_id, accepted_at, id) where accepted_at is not null;
drop index operations_state;
drop table listener_names;
