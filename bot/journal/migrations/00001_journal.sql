-- One file for SQLite and PostgreSQL: text ids, bigint Unix milliseconds, JSON
-- as text. What the two spell differently is in migration 2, in Go.

-- +goose Up
create table operations (
    id               text    not null primary key,
    ref              text    not null unique, -- upper case
    version          bigint  not null,
    state            text    not null,
    open             boolean not null,        -- holds its subject
    subject          text    not null,
    client_token     text    not null,
    actor_id         text    not null,
    accepted_at      bigint,                  -- null: never accepted
    unreported_since bigint,                  -- accepted_at until the card is closed, then null
    updated_at       bigint  not null,
    record           text    not null         -- the operation, whole
);

-- The promise of one open operation per subject.
create unique index operations_open_subject on operations (subject) where open;
create index operations_unreported on operations (unreported_since) where unreported_since is not null;
create index operations_accepted on operations (accepted_at, id) where accepted_at is not null;
create index operations_actor on operations (actor_id, accepted_at, id) where accepted_at is not null;

create table deliveries (
    key          text   not null primary key,
    operation_id text   not null, -- empty: seen, nothing was accepted
    at           bigint not null
);
create index deliveries_at on deliveries (at);

create table events (
    seq          integer not null primary key, -- given by the database, in order of insertion
    at           bigint  not null,
    kind         text    not null,
    operation_id text    not null, -- empty: belongs to none
    actor_id     text    not null,
    channel_id   text    not null,
    data         text    not null
);
create index events_operation on events (operation_id, seq);

create table cards (
    operation_id  text    not null primary key references operations (id),
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint, -- null: no post is under way
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null
);

-- One row which Ping writes.
create table pulse (
    id integer not null primary key,
    at bigint  not null
);

-- +goose Down
drop table pulse;
drop table cards;
drop table events;
drop table deliveries;
drop table operations;
