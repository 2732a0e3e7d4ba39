-- name: InsertOperation :exec
insert into operations (id, ref, version, state, open, subject, client_token, actor_id, listener_id, channel_id, glass,
                        run, runner, accepted_at, unreported_since, updated_at, record)
values (@id, @ref, @version, @state, @open, @subject, @client_token, @actor_id, @listener_id, @channel_id, @glass,
        @run, @runner, @accepted_at, @unreported_since, @updated_at, @record);

-- name: AcceptDraft :execrows
-- The compare-and-set of a draft: once, with its own client token.
update operations
set version = @version, state = @state, open = @open, subject = @subject, actor_id = @actor_id,
    listener_id = @listener_id, channel_id = @channel_id, glass = @glass, run = @run, runner = @runner,
    accepted_at = @accepted_at, unreported_since = @unreported_since, updated_at = @updated_at, record = @record
where id = @id and version = @was and client_token = @client_token and accepted_at is null;

-- name: SaveOperation :execrows
update operations
set version = @version, state = @state, open = @open, subject = @subject, updated_at = @updated_at, record = @record
where id = @id and version = @was and run = @run and client_token = @client_token;

-- name: LeaseOf :one
select run, runner, exists (select 1 from replicas r where r.id = o.runner and not r.gone) as live
from operations o where o.id = @id;

-- name: TakeLease :execrows
-- No row: another live process is the runner, the run number changed, or others took
-- over from this process.
update operations set run = @run, runner = @runner
where operations.id = @id and operations.run = @was
  and (operations.runner = '' or operations.runner = @runner or not exists (select 1 from replicas r where r.id = operations.runner and not r.gone))
  and not exists (select 1 from replicas m where m.id = @runner and m.gone);

-- name: EndLease :exec
update operations set runner = '' where id = @id and run = @run and runner > '';

-- name: LeasesToCheck :many
select operations.id, operations.state from operations
where operations.runner > '' and (operations.runner = @runner or not exists (select 1 from replicas r where r.id = operations.runner and not r.gone));

-- name: FindOperation :one
select record, run from operations where id = @id or ref = @ref;

-- name: OpenOperation :one
select record, run from operations where subject = @subject and open;

-- name: AcceptedSince :many
select accepted_at from operations
where actor_id = @actor_id and accepted_at >= @since
order by accepted_at;

-- name: ListenerSince :many
select accepted_at from operations
where listener_id = @listener_id and accepted_at >= @since
order by accepted_at;

-- name: BrokenSince :many
select accepted_at from operations
where actor_id = @actor_id and accepted_at >= @since and glass
order by accepted_at;

-- name: Past :many
select accepted_at, record from operations
where accepted_at >= @since and accepted_at <= @at and (accepted_at < @at or id < @id)
order by accepted_at desc, id desc
limit @max_rows;

-- name: PastOfListener :many
select accepted_at, record from operations
where listener_id = @listener_id and accepted_at >= @since and accepted_at <= @at and (accepted_at < @at or id < @id)
  and (@state = '' or state = @state)
order by accepted_at desc, id desc
limit @max_rows;

-- name: PastOfChannel :many
select accepted_at, record from operations
where channel_id = @channel_id and accepted_at >= @since and accepted_at <= @at and (accepted_at < @at or id < @id)
order by accepted_at desc, id desc
limit @max_rows;

-- name: PastOfActor :many
select accepted_at, record from operations
where actor_id = @actor_id and accepted_at >= @since and accepted_at <= @at and (accepted_at < @at or id < @id)
  and (@state = '' or state = @state)
order by accepted_at desc, id desc
limit @max_rows;

-- name: PastInState :many
-- Of final states only.
select accepted_at, record from operations
where state = @state and not open and accepted_at >= @since and accepted_at <= @at and (accepted_at < @at or id < @id)
order by accepted_at desc, id desc
limit @max_rows;

-- name: NameListener :exec
insert into listener_names (name, listener_id) values (@name, @listener_id) on conflict do nothing;

-- name: ListenersCalled :many
select listener_id from listener_names where name = @name order by listener_id;

-- name: OpenOperations :many
-- By the index that keeps them apart, which has no others.
select accepted_at, record from operations
where open and subject > ''
order by subject
limit @max_rows;

-- name: Denials :many
select cast(seq as bigint) as number, at, kind, operation_id, actor_id, channel_id, data from events
where kind in ('denied', 'denied_more') and at >= @since and at <= @before and (at < @before or seq < cast(@number as bigint))
order by at desc, seq desc
limit @max_rows;

-- name: Unreported :many
select record from operations
where unreported_since is not null and unreported_since < @before and id > @after
order by id
limit @max_rows;

-- name: OpenOrDoneOn :many
-- One statement, so that an operation that ends meanwhile is in one part or the other.
select o.record from operations o
where o.listener_id = @listener_id and o.open and o.state <> 'waiting_approval'
    and (cast(@subject as text) = '' or o.subject = @subject)
union all
select d.record from operations d
where d.listener_id = @listener_id and d.state = 'added' and d.updated_at >= @since
    and (cast(@subject as text) = '' or d.subject = @subject);

-- name: TakeTurn :exec
-- Until the transaction ends, no other request of this person is accepted.
insert into acceptors (actor_id, accepted_at) values (@actor_id, @accepted_at)
on conflict (actor_id) do update set accepted_at = excluded.accepted_at;

-- name: ClaimDelivery :execrows
-- No row: an operation was accepted for this key before.
insert into deliveries (key, operation_id, at) values (@key, @operation_id, @at)
on conflict (key) do update set operation_id = excluded.operation_id, at = excluded.at
where deliveries.operation_id = '';

-- name: ClaimAnswer :execrows
-- No row: the delivery is answered, or a live process answers it. On SQLite no replica is
-- listed, so no other process is alive. An operation_id is kept.
insert into deliveries (key, operation_id, at, owner, told) values (@key, @operation_id, @at, @owner, false)
on conflict (key) do update
set owner = excluded.owner,
    operation_id = case when deliveries.operation_id = '' then excluded.operation_id else deliveries.operation_id end
where not deliveries.told
  and (deliveries.operation_id = '' or excluded.operation_id = '')
  and (deliveries.owner = excluded.owner or not exists (select 1 from replicas r where r.id = deliveries.owner and not r.gone));

-- name: TellDelivery :exec
-- Nothing if another process has claimed it since. On SQLite it need not be claimed.
insert into deliveries (key, operation_id, at, owner, told) values (@key, '', @at, @owner, true)
on conflict (key) do update set told = true where deliveries.owner = excluded.owner;

-- name: FindDelivery :one
select operation_id, told, owner from deliveries where key = @key;

-- name: DeliveryNow :many
-- The row of its answer, and that of the operation that was accepted for it.
select key, operation_id, told from deliveries where key in (@answer, @accepted);

-- name: AcceptedFor :one
select operation_id from deliveries where key = @key;

-- name: PruneDeliveries :execrows
delete from deliveries
where key in (select d.key from deliveries d where d.at < @before order by d.at limit @max_rows);

-- name: HoldTally :one
-- Returns the tally as it is, empty if it is new, and locks its row until the
-- transaction ends.
insert into tallies (actor_id, kind, due_at, touched_at, record)
values (@actor_id, @kind, null, @touched_at, '{}')
on conflict (actor_id, kind) do update set touched_at = excluded.touched_at
returning record;

-- name: SaveTally :exec
update tallies set due_at = @due_at, record = @record where actor_id = @actor_id and kind = @kind;

-- name: DueTallies :many
select actor_id, kind from tallies
where due_at >= @since and due_at <= @until
order by due_at
limit @max_rows;

-- name: PruneTallies :exec
delete from tallies where due_at is null and touched_at < @before;

-- name: DropDraftsOf :execrows
delete from operations
where id in (select d.id from operations d
             where d.accepted_at is null and d.updated_at < @before and d.actor_id = @actor_id and d.state = 'draft'
             order by d.updated_at limit @max_rows);

-- name: PruneDrafts :execrows
delete from operations
where id in (select d.id from operations d
             where d.accepted_at is null and d.updated_at < @before and d.state = 'draft'
             order by d.updated_at limit @max_rows);

-- name: InsertEvent :exec
insert into events (at, kind, operation_id, actor_id, channel_id, data)
values (@at, @kind, @operation_id, @actor_id, @channel_id, @data);

-- name: EventsOf :many
select at, kind, operation_id, actor_id, channel_id, data from events
where operation_id = @operation_id
order by seq;

-- name: CardOf :one
select channel, ts, posting_at, shown_version, closed from cards where operation_id = @operation_id and kind = @kind;

-- name: HoldCard :one
-- Returns the card as it is, empty if it is new, and locks its row until the
-- transaction ends.
insert into cards (operation_id, kind, channel, ts, posting_at, shown_version, closed, updated_at)
values (@operation_id, @kind, '', '', null, 0, false, @updated_at)
on conflict (operation_id, kind) do update set updated_at = excluded.updated_at
returning channel, ts, posting_at, shown_version, closed;

-- name: BeginOwnPost :exec
-- With the acceptance. The process that accepts makes the post.
insert into cards (operation_id, kind, channel, ts, posting_at, shown_version, closed, updated_at)
values (@operation_id, 'operation', '', '', @posting_at, 0, false, @updated_at)
on conflict (operation_id, kind) do update set posting_at = excluded.posting_at where cards.ts = '';

-- name: BeginPost :exec
-- Keeps the time of the earliest post: the message to look for may be that old.
update cards set posting_at = coalesce(posting_at, @posting_at) where operation_id = @operation_id and kind = @kind;

-- name: SaveCard :exec
-- An older version never replaces the place or the version of a newer one, and a closed
-- card stays closed.
insert into cards (operation_id, kind, channel, ts, posting_at, shown_version, closed, updated_at)
values (@operation_id, @kind, @channel, @ts, null, @shown_version, @closed, @updated_at)
on conflict (operation_id, kind) do update
set channel = case when excluded.shown_version >= cards.shown_version then excluded.channel else cards.channel end,
    ts = case when excluded.shown_version >= cards.shown_version then excluded.ts else cards.ts end,
    shown_version = case when excluded.shown_version >= cards.shown_version then excluded.shown_version else cards.shown_version end,
    closed = cards.closed or excluded.closed,
    posting_at = null,
    updated_at = excluded.updated_at;

-- name: MarkReported :exec
update operations set unreported_since = null where id = @id;

-- name: Pulse :exec
insert into pulse (id, at) values (1, @at)
on conflict (id) do update set at = excluded.at;

-- name: LockChain :one
-- Until the transaction ends, no other process links, cuts or moves the chain.
update chain set touched_at = @at where id = 1 returning position, hash;

-- name: MoveChain :exec
update chain set position = @position, hash = @hash where id = 1;

-- name: ChainEnd :one
select position, hash from chain where id = 1;

-- name: Checkpoints :many
select position, hash, at, public_key, signature from checkpoints where position > @after order by position;

-- name: LastCheckpoint :one
select position, hash from checkpoints where position > 0 order by position desc limit 1;

-- name: InsertCheckpoint :exec
insert into checkpoints (position, hash, at, public_key, signature)
values (@position, @hash, @at, @public_key, @signature);

-- name: CutEvents :execrows
delete from events where seq in (select l.seq from links l where l.position <= @position);

-- name: CutLinks :execrows
delete from links where position <= @position;

-- name: Standing :one
-- What decides whether an operation must be kept.
select ref, open, updated_at, unreported_since from operations where id = @id;

-- name: DropCards :exec
delete from cards where operation_id = @operation_id;

-- name: DropOperation :execrows
delete from operations
where id = @id and not open and unreported_since is null
  and not exists (select 1 from events e where e.operation_id = operations.id);

-- name: EventLeft :many
select seq from events where operation_id = @operation_id limit 1;

-- name: AuditLines :one
select position from audit_lines where id = 1;

-- name: HoldAuditLines :execrows
update audit_lines set holder = @holder, held_until = @until
where id = 1 and (holder = @holder or held_until < @now or held_until > @far);

-- name: AdvanceAuditLines :execrows
update audit_lines set position = @position where id = 1 and holder = @holder;

-- name: TakeHead :execrows
-- No row: some process recorded the head less than an hour ago. A time in the future is
-- from before the clock was set back.
update audit_lines set head_at = @now where id = 1 and (head_at < @before or head_at > @now);

-- name: KeepChoices :exec
insert into kept_choices (key, person, data, at) values (@key, @person, @data, @at);

-- name: DropOldChoices :exec
delete from kept_choices where at <= @before;

-- name: DropManyChoices :exec
delete from kept_choices where key in (
  select k.key from kept_choices k where k.person = @person order by k.at desc limit 100 offset @keep
);

-- name: KeptChoices :one
select person, data from kept_choices where key = @key and at > @before;

-- name: SendingPause :one
select pause from sending where id = 1;

-- name: PauseSending :execrows
-- No row: it is paused already.
update sending set pause = @pause where id = 1 and pause = '';

-- name: LockSending :exec
update sending set pause = pause where id = 1;

-- name: ResumeSending :exec
update sending set pause = '' where id = 1;

-- name: OperationsIn :many
-- By the index of OpenOperations.
select accepted_at, record from operations
where open and subject > @after and state = @state
order by subject
limit @max_rows;
