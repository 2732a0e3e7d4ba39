-- Whether new requests are sent to Zenlayer. The row always exists, so that the
-- transaction that stores an attempt can lock it.

-- +goose Up
create table sending (
    id    bigint not null primary key, -- always 1
    pause text   not null              -- JSON: who stopped it, when and why; empty: requests are sent
);
insert into sending (id, pause) values (1, '');

-- +goose Down
drop table sending;
