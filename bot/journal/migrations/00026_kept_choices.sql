-- What a person may pick in place of a name that was not found. The buttons
-- carry the key only.

-- +goose Up
create table kept_choices (
    key    text   not null primary key,
    person text   not null,
    data   text   not null,
    at     bigint not null
);
create index kept_choices_person on kept_choices (person, at);
create index kept_choices_at on kept_choices (at);

-- +goose Down
drop table kept_choices;
