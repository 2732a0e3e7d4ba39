-- What other removals are taking off a listener, or have just taken off it, is
-- read before each removal.

-- +goose Up
create index operations_listener_open on operations (listener_id) where open;
create index operations_listener_done on operations (listener_id, updated_at) where state = 'added';

-- +goose Down
drop index operations_listener_done;
drop index operations_listener_open;
