-- One row for each person who had something accepted. Accepting writes it
-- first, so that the acceptances of one person take turns, on all replicas,
-- and a limit on them can be counted.

-- +goose Up
create table acceptors (
    actor_id    text   not null primary key,
    accepted_at bigint not null
);

-- +goose Down
drop table acceptors;
