-- Which process carries an operation out. Each take-over raises the run number,
-- and every write of a run compares it.

-- +goose Up
alter table operations add column run bigint not null default 0;   -- 0: accepted by lbbot 0.1, or not accepted
alter table operations add column runner text not null default ''; -- the process; empty: no run is under way
create index operations_runner on operations (runner) where runner > '';

-- +goose Down
drop index operations_runner;
alter table operations drop column runner;
alter table operations drop column run;
