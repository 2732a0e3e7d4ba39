-- Which policies were in force, in the order in which they came into force:
-- the one with the highest number is in force. Replicas agree by it.

-- +goose Up
create table policy_activations (
    number bigint not null primary key, -- from 1, without a gap
    digest text   not null,             -- of the policy file
    at     bigint not null              -- by the clock of the database
);
create index policy_activations_digest on policy_activations (digest);

-- +goose Down
drop table policy_activations;
