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
, listener_id text not null default '', glass boolean not null default false, channel_id text not null default '', run bigint not null default 0, runner text not null default '');
CREATE UNIQUE INDEX operations_open_subject on operations (subject) where open;
CREATE INDEX operations_accepted on operations (accepted_at, id) where accepted_at is not null;
CREATE INDEX operations_actor on operations (actor_id, accepted_at, id) where accepted_at is not null;
CREATE TABLE deliveries (
    key          text   not null primary key,
    operation_id text   not null, -- empty: seen, nothing was accepted
    at           bigint not null
, owner text not null default '', told boolean not null default true);
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
CREATE TABLE replicas (
    id      text    not null primary key, -- new at each start of a process
    beat_at bigint  not null,             -- by the clock of the database
    gone    boolean not null              -- has left, or others have taken over; never false again
);
CREATE TABLE acceptors (
    actor_id    text   not null primary key,
    accepted_at bigint not null
);
CREATE TABLE policy_activations (
    number bigint not null primary key, -- from 1, without a gap
    digest text   not null,             -- of the policy file
    at     bigint not null              -- by the clock of the database
);
CREATE INDEX policy_activations_digest on policy_activations (digest);
CREATE TABLE events_pending (
    seq integer not null primary key
);
CREATE TABLE links (
    position  integer not null primary key, -- from 1, without a gap
    seq       integer not null unique,      -- of the event
    linked_at bigint  not null,
    hash      text    not null              -- 64 hexadecimal digits
);
CREATE TABLE chain (
    id         integer not null primary key,
    position   bigint  not null, -- 0: nothing is linked yet
    hash       text    not null,
    touched_at bigint  not null
);
CREATE TABLE checkpoints (
    position   bigint not null primary key,
    hash       text   not null,
    at         bigint not null,
    public_key text   not null, -- Ed25519, base64
    signature  text   not null  -- base64
);
CREATE TABLE audit_lines (
    id         integer not null primary key,
    position   bigint  not null, -- -1: it has never been read to
    holder     text    not null,
    held_until bigint  not null,
    head_at    bigint  not null  -- when the head was last written down
);
CREATE TRIGGER events_queued after insert on events begin insert into events_pending (seq) values (new.seq); end;
CREATE TRIGGER events_never_deleted before delete on events
			 when not exists (select 1 from links l where l.seq = old.seq and l.position <= (select max(c.position) from checkpoints c))
			 begin select raise(abort, 'events are never deleted before a checkpoint covers them'); end;
CREATE TRIGGER links_never_updated before update on links begin select raise(abort, 'links are never changed'); end;
CREATE TRIGGER links_never_deleted before delete on links
			 when old.position > (select coalesce(max(c.position), 0) from checkpoints c)
			 begin select raise(abort, 'links are never deleted before a checkpoint covers them'); end;
CREATE TRIGGER checkpoints_never_updated before update on checkpoints begin select raise(abort, 'checkpoints are never changed'); end;
CREATE TRIGGER checkpoints_never_deleted before delete on checkpoints begin select raise(abort, 'checkpoints are never deleted'); end;
CREATE INDEX operations_listener on operations (listener_id, accepted_at, id) where accepted_at is not null;
CREATE TABLE approval_cards (
    operation_id  text    not null primary key references operations (id),
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint, -- null: no post is under way
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null
);
CREATE INDEX operations_channel on operations (channel_id, accepted_at, id) where accepted_at is not null;
CREATE INDEX operations_unreported on operations (id) where unreported_since is not null;
CREATE INDEX operations_runner on operations (runner) where runner > '';
CREATE TABLE tallies (
    actor_id   text   not null,
    kind       text   not null, -- of the events that are counted
    due_at     bigint,          -- when the count is stored; null: nothing is counted
    touched_at bigint not null,
    record     text   not null, -- the tally, whole
    primary key (actor_id, kind)
);
CREATE INDEX tallies_due on tallies (due_at) where due_at is not null;
CREATE INDEX tallies_idle on tallies (touched_at) where due_at is null;
CREATE INDEX operations_drafts on operations (updated_at) where accepted_at is null;
CREATE INDEX events_denied on events (at, seq) where kind in ('denied', 'denied_more');
CREATE TABLE kept_choices (
    key    text   not null primary key,
    person text   not null,
    data   text   not null,
    at     bigint not null
);
CREATE INDEX kept_choices_person on kept_choices (person, at);
CREATE INDEX kept_choices_at on kept_choices (at);
insert into journal_version (version_id, is_applied) values (0, 1);
insert into journal_version (version_id, is_applied) values (1, 1);
insert into journal_version (version_id, is_applied) values (2, 1);
insert into journal_version (version_id, is_applied) values (3, 1);
insert into journal_version (version_id, is_applied) values (4, 1);
insert into journal_version (version_id, is_applied) values (5, 1);
insert into journal_version (version_id, is_applied) values (6, 1);
insert into journal_version (version_id, is_applied) values (7, 1);
insert into journal_version (version_id, is_applied) values (8, 1);
insert into journal_version (version_id, is_applied) values (9, 1);
insert into journal_version (version_id, is_applied) values (10, 1);
insert into journal_version (version_id, is_applied) values (14, 1);
insert into journal_version (version_id, is_applied) values (15, 1);
insert into journal_version (version_id, is_applied) values (16, 1);
insert into journal_version (version_id, is_applied) values (20, 1);
insert into journal_version (version_id, is_applied) values (22, 1);
insert into journal_version (version_id, is_applied) values (24, 1);
insert into journal_version (version_id, is_applied) values (26, 1);
