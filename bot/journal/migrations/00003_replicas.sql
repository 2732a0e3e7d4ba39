-- Who runs operations on this database. Only PostgreSQL has several at once:
-- on SQLite the table stays empty.

-- +goose Up
create table replicas (
    id      text    not null primary key, -- new at each start of a process
    beat_at bigint  not null,             -- by the clock of the database
    gone    boolean not null              -- has left, or others have taken over; never false again
);

-- +goose Down
drop table replicas;
