-- Denials and previews that have no event of their own are counted until they
-- are stored as one event. Drafts are found by their age.

-- +goose Up
create table tallies (
    actor_id   text   not null,
    kind       text   not null, -- of the events that are counted
    due_at     bigint,          -- when the count is stored; null: nothing is counted
    touched_at bigint not null,
    record     text   not null, -- the tally, whole
    primary key (actor_id, kind)
);
create index tallies_due on tallies (due_at) where due_at is not null;
create index tallies_idle on tallies (touched_at) where due_at is null;
create index operations_drafts on operations (updated_at) where accepted_at is null;
drop index events_denied;
create index events_denied on events (at, seq) where kind in ('denied', 'denied_more');

-- +goose Down
drop index events_denied;
create index events_denied on events (at, seq) where kind = 'denied';
drop index operations_drafts;
drop table tallies;
