-- The audit trail as a chain of hashes; see chain.go. Event rows stay as they
-- are. What the two databases spell differently is in migration 7, in Go.

-- +goose Up

-- Events that are not in the chain yet. A trigger on events fills it, so that
-- an event waits here from the transaction that wrote it on, whatever its
-- number and whenever that transaction commits.
create table events_pending (
    seq integer not null primary key
);

create table links (
    position  integer not null primary key, -- from 1, without a gap
    seq       integer not null unique,      -- of the event
    linked_at bigint  not null,
    hash      text    not null              -- 64 hexadecimal digits
);

-- One row: the end of the chain. Whoever links keeps it until the commit.
create table chain (
    id         integer not null primary key,
    position   bigint  not null, -- 0: nothing is linked yet
    hash       text    not null,
    touched_at bigint  not null
);

-- What retention has cut off: everything up to this position.
create table checkpoints (
    position   bigint not null primary key,
    hash       text   not null,
    at         bigint not null,
    public_key text   not null, -- Ed25519, base64
    signature  text   not null  -- base64
);

-- One row: how far the audit channel has read, and who posts there.
create table audit_lines (
    id         integer not null primary key,
    position   bigint  not null, -- -1: it has never been read to
    holder     text    not null,
    held_until bigint  not null,
    head_at    bigint  not null  -- when the head was last written down
);

insert into chain (id, position, hash, touched_at)
values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);
insert into audit_lines (id, position, holder, held_until, head_at) values (1, -1, '', 0, 0);
insert into events_pending (seq) select seq from events;

-- +goose Down
drop table audit_lines;
drop table checkpoints;
drop table chain;
drop table links;
drop table events_pending;
