-- What no closed card shows is read page by page, in the order of the ids.

-- +goose Up
drop index operations_unreported;
create index operations_unreported on operations (id) where unreported_since is not null;

-- +goose Down
drop index operations_unreported;
create index operations_unreported on operations (unreported_since) where unreported_since is not null;
