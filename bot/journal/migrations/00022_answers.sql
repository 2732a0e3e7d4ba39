-- Who answers a Slack delivery, and whether the person has the answer. Rows of
-- earlier versions count as answered.

-- +goose Up
alter table deliveries add column owner text not null default '';   -- the process that answers it
alter table deliveries add column told boolean not null default true; -- the person has the answer

-- +goose Down
alter table deliveries drop column told;
alter table deliveries drop column owner;
