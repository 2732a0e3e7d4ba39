-- The card on which other people are asked to agree, where it is not the
-- operation's own: the same columns as cards.

-- +goose Up
create table approval_cards (
    operation_id  text    not null primary key references operations (id),
    channel       text    not null,
    ts            text    not null,
    posting_at    bigint, -- null: no post is under way
    shown_version bigint  not null,
    closed        boolean not null,
    updated_at    bigint  not null
);

-- +goose Down
drop table approval_cards;
