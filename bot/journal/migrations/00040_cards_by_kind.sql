-- One table for the cards of both kinds.

-- +goose Up
create table cards_by_kind (
    operation_id  text    not null references operations (id),
    kind          text    not null, -- "operation" or "approval"
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint, -- null: no post is under way
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null,
    primary key (operation_id, kind)
);
insert into cards_by_kind (operation_id, kind, channel, ts, posting_at, shown_version, closed, updated_at)
select operation_id, 'operation', channel, ts, posting_at, shown_version, closed, updated_at from cards;
insert into cards_by_kind (operation_id, kind, channel, ts, posting_at, shown_version, closed, updated_at)
select operation_id, 'approval', channel, ts, posting_at, shown_version, closed, updated_at from approval_cards;
drop table cards;
drop table approval_cards;
alter table cards_by_kind rename to cards;

-- +goose Down
alter table cards rename to cards_by_kind;
create table cards (
    operation_id  text    not null primary key references operations (id),
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint,
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null
);
create table approval_cards (
    operation_id  text    not null primary key references operations (id),
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint,
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null
);
insert into cards (operation_id, channel, ts, posting_at, shown_version, closed, updated_at)
select operation_id, channel, ts, posting_at, shown_version, closed, updated_at from cards_by_kind where kind = 'operation';
insert into approval_cards (operation_id, channel, ts, posting_at, shown_version, closed, updated_at)
select operation_id, channel, ts, posting_at, shown_version, closed, updated_at from cards_by_kind where kind = 'approval';
drop table cards_by_kind;
