-- The tables as that version made them, from sqlite_master.
CREATE TABLE journal_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE operations (
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
CREATE UNIQUE INDEX operations_open_subject on operations (subject) where open;
CREATE INDEX operations_unreported on operations (unreported_since) where unreported_since is not null;
CREATE INDEX operations_accepted on operations (accepted_at, id) where accepted_at is not null;
CREATE INDEX operations_actor on operations (actor_id, accepted_at, id) where accepted_at is not null;
CREATE TABLE deliveries (
    key          text   not null primary key,
    operation_id text   not null, -- empty: seen, nothing was accepted
    at           bigint not null
);
CREATE INDEX deliveries_at on deliveries (at);
CREATE TABLE events (
    seq          integer not null primary key, -- given by the database, in order of insertion
    at           bigint  not null,
    kind         text    not null,
    operation_id text    not null, -- empty: belongs to none
    actor_id     text    not null,
    channel_id   text    not null,
    data         text    not null
);
CREATE INDEX events_operation on events (operation_id, seq);
CREATE TABLE cards (
    operation_id  text    not null primary key references operations (id),
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint, -- null: no post is under way
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null
);
CREATE TABLE pulse (
    id integer not null primary key,
    at bigint  not null
);
CREATE TRIGGER events_never_updated before update on events begin select raise(abort, 'events are never changed'); end;
CREATE TRIGGER events_never_deleted before delete on events begin select raise(abort, 'events are never deleted'); end;
insert into journal_version (version_id, is_applied) values (0, 1);
insert into journal_version (version_id, is_applied) values (1, 1);
insert into journal_version (version_id, is_applied) values (2, 1);
