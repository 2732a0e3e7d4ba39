package journal

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// as is the same journal as another process sees it.
func (s *Store) as(process string) *Store {
	other := *s
	other.process = process
	return &other
}

func requireClaim(t *testing.T, want bool, s *Store, delivery string) {
	t.Helper()
	mine, err := s.Claim(t.Context(), delivery)
	require.NoError(t, err)
	require.Equal(t, want, mine)
}

func requireDelivered(t *testing.T, want operation.Delivered, s *Store, delivery string) {
	t.Helper()
	known, err := s.Delivered(t.Context(), delivery)
	require.NoError(t, err)
	require.Equal(t, want, known)
}

func answersOnce(t *testing.T, s *Store) {
	ctx := t.Context()
	requireDelivered(t, operation.Delivered{}, s, "kept")
	for key, at := range map[string]time.Time{"old": clock().Add(-25 * time.Hour),
		"kept": clock().Add(-23 * time.Hour)} {
		then := s.as(s.process)
		then.now = func() time.Time { return at }
		requireClaim(t, true, then, key)
		requireClaim(t, true, then, key) // it may try again until somebody is told
		requireDelivered(t, operation.Delivered{}, s, key)
		require.NoError(t, then.Told(ctx, key))
		requireClaim(t, false, then, key)
		requireClaim(t, false, s.as("another process"), key)
		requireDelivered(t, operation.Delivered{Told: true}, s, key)
	}
	n, err := s.Prune(ctx, clock()) // asks for more than may be forgotten
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	requireClaim(t, false, s, "kept")
	requireClaim(t, true, s, "old")
}

func storesOnceForADelivery(t *testing.T, s *Store) {
	ctx := t.Context()
	previewed := event(operation.EventPreviewed)
	previewed.Delivery = "typed"
	op := draft("ABC234", "server-1")
	require.NoError(t, s.SaveDraft(ctx, op, previewed))
	requireDelivered(t, operation.Delivered{OperationID: op.ID}, s, "typed")
	requireClaim(t, true, s, "typed")

	second := draft("XYZ567", "server-1")
	require.Equal(t, &operation.DuplicateError{Operation: op}, s.SaveDraft(ctx, second, previewed))
	require.Equal(t, &operation.DuplicateError{Operation: op}, s.as("another process").SaveDraft(ctx, second,
		previewed))
	_, err := s.Operation(ctx, second.ID)
	require.ErrorIs(t, err, operation.ErrNotFound)

	// The process that stored it is gone: another one answers, with what it stored.
	heir := s.as("another process")
	requireClaim(t, true, heir, "typed")
	requireDelivered(t, operation.Delivered{OperationID: op.ID}, s, "typed")
	require.NoError(t, s.Told(ctx, "typed"), "by the process that lost it: nothing happens")
	requireDelivered(t, operation.Delivered{OperationID: op.ID}, s, "typed")
	require.NoError(t, heir.Told(ctx, "typed"))
	requireDelivered(t, operation.Delivered{OperationID: op.ID, Told: true}, s, "typed")

	// A process ended after it had claimed a delivery and before it stored anything.
	requireClaim(t, true, s, "typed later")
	previewed.Delivery = "typed later"
	require.NoError(t, heir.SaveDraft(ctx, second, previewed))

	asked := event(operation.EventQuestion)
	asked.OperationID, asked.Delivery = op.ID, "asked"
	require.NoError(t, s.Record(ctx, asked))
	require.Equal(t, &operation.DuplicateError{Operation: op}, s.Record(ctx, asked))
	require.Equal(t, []string{operation.EventPreviewed, operation.EventQuestion}, kinds(t, s, op.ID))
}

func storesOneOfTwenty(t *testing.T, s *Store) {
	previewed := event(operation.EventPreviewed)
	previewed.Delivery = "typed"
	wins := atOnce(20, func(i int) error {
		return s.SaveDraft(t.Context(), draft(string(rune('A'+i))+"BC234", "server-1"), previewed)
	}, func(err error) { require.IsType(t, &operation.DuplicateError{}, err) })
	require.Equal(t, 1, wins)
}

// On PostgreSQL, what a replica that is alive claimed is not claimed by others.
func TestDeliveryOfALiveReplicaIsNotClaimed(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	ctx := t.Context()
	first, second := s.as("first"), s.as("second")
	require.NoError(t, s.Join(ctx, "first"))
	require.NoError(t, s.Join(ctx, "second"))
	requireClaim(t, true, first, "typed")
	requireClaim(t, false, second, "typed")
	previewed := event(operation.EventPreviewed)
	previewed.Delivery = "typed"
	require.ErrorContains(t, second.SaveDraft(ctx, draft("ABC234", "server-1"), previewed),
		"another process is answering")
	require.NoError(t, s.Leave(ctx, "first"))
	requireClaim(t, true, second, "typed")
	requireClaim(t, false, first, "typed")
}

// Deliveries that an earlier version has seen count as answered.
func TestDeliverySeenByAnEarlierVersionIsAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		_, err := s.db.ExecContext(t.Context(),
			"insert into deliveries (key, operation_id, at) values ('seen:typed', '', 1)")
		require.NoError(t, err)
		requireDelivered(t, operation.Delivered{Told: true}, s, "typed")
		requireClaim(t, false, s, "typed")
	})
}

func TestClaimCommitsOnlyWhatOtherProcessesMustKnow(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		before := testutil.ToFloat64(s.metrics.Commits)
		spent := func() float64 { return testutil.ToFloat64(s.metrics.Commits) - before }
		requireClaim(t, true, s, "typed")
		first := spent()
		if s.group != nil {
			require.Zero(t, first, "no other process can answer it")
		}
		requireClaim(t, true, s, "typed")
		require.Equal(t, first, spent(), "it has the claim already")
		require.NoError(t, s.Told(t.Context(), "typed"))
		require.Equal(t, first+1, spent())
		requireClaim(t, false, s, "typed")
		require.Equal(t, first+1, spent())
	})
}
