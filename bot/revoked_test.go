package bot_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/runner"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

const approving = rules + `
@id("leads-approve")
permit (principal in Usergroup::"S03LEAD", action == Action::"approve", resource is Listener);
`

// walkthrough goes through the life of a request step by step, so that
// something can happen between two of them. Everything but the engine and the
// cards is real.
type walkthrough struct {
	t      *testing.T
	slack  *sandbox.Slack
	cloud  *zenlayertest.Server
	store  *journal.Store
	intake *intake.Intake
	runner *runner.Runner

	later *atomic.Int64 // how far the directory's clock is ahead, in nanoseconds
	event bool          // Slack told what happened, so that nothing old is used
}

// passes lets so much time pass that the last question before a call reads Slack again.
func (w *walkthrough) passes() {
	if !w.event {
		w.later.Add(int64(operation.LastAge))
	}
}

// silent shows nothing: what counts here is what is stored and what is called.
type silent struct{}

func (silent) Announce(operation.Operation)                                         {}
func (silent) Show(operation.Operation)                                             {}
func (silent) Report(context.Context, operation.Operation) error                    { return nil }
func (silent) TellOwner(context.Context, operation.Operation) error                 { return nil }
func (silent) Remind(context.Context, operation.Operation) error                    { return nil }
func (silent) TellSkipped(context.Context, operation.Operation) (int, error)        { return 0, nil }
func (silent) Question(context.Context, operation.Operation, operation.Actor) error { return nil }
func (silent) Start(context.Context, string) error                                  { return nil }
func (silent) Poke(context.Context, string) error                                   { return nil }

// errPause ends a run at its first wait.
var errPause = errors.New("the run waits")

type oneGo struct{}

// Number is that of the run which belongs to who accepts.
func (oneGo) Number() int64 { return 1 }

func (oneGo) Wait(d time.Duration, _ func() (bool, error)) error {
	if d > 0 {
		return errPause
	}
	return nil
}

func newWalkthrough(t *testing.T) *walkthrough {
	t.Helper()
	h := stand(t, nil)
	log := zap.NewNop()
	require.NoError(t, policy.Install(h.config.Policy, []byte(approving)))
	store, err := journal.Open(t.Context(), journal.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	client, err := web.New(web.Config{BotToken: h.config.SlackBotToken, APIURL: h.config.SlackAPIURL, Log: log})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	later := &atomic.Int64{}
	directory := web.NewDirectory(client, func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
	gate, err := policy.New(policy.Config{Path: h.config.Policy, Directory: directory,
		IncidentChannels: h.config.IncidentChannels,
		IncidentCreators: h.config.IncidentCreators, Registerer: prometheus.NewRegistry()})
	require.NoError(t, err)
	cloud, err := zenlayer.New(zenlayer.Config{Endpoint: h.config.ZenlayerEndpoint, AccessKeyID: keyID,
		AccessKeySecret: h.config.ZenlayerAccessKeySecret})
	require.NoError(t, err)
	counts := runner.NewMetrics(prometheus.NewRegistry())
	asking := operation.ApprovalSettings{Within: 30 * time.Minute}
	w := &walkthrough{t: t, later: later, slack: h.slack, cloud: h.cloud, store: store,
		runner: &runner.Runner{Journal: store, Pools: cloud,
			Changes: map[operation.ChangeKind]operation.Change{operation.ChangeAdd: operation.Add{Registrar: cloud}},
			Catalog: cloud, Permission: gate, Roster: gate, Reporter: silent{}, Asking: asking,
			Now: time.Now, Log: log, Metrics: counts},
		intake: &intake.Intake{Journal: store, Permission: gate, Roster: gate, Reporter: silent{}, Catalog: cloud,
			Pools: cloud, Engine: silent{},
			Settings: intake.Settings{Approval: asking}, Now: time.Now,
			Changes: map[operation.ChangeKind]operation.Change{operation.ChangeAdd: operation.Add{},
				operation.ChangeRemove: operation.Remove{}},
			NewID:    func() string { return uuid.Must(uuid.NewV7()).String() },
			NewToken: uuid.NewString, NewRef: operation.NewRef, Log: log,
			Metrics: intake.NewMetrics(prometheus.NewRegistry())}}
	w.listen(h, client, directory, log)
	return w
}

// listen connects an App, which is told of events.
func (w *walkthrough) listen(h *house, api *web.Client, directory *web.Directory, log *zap.Logger) {
	app := slackapp.New(slackapp.Config{Web: api, Directory: directory, Intake: w.intake, Journal: w.store,
		History: w.store, Reader: &history.Reader{Journal: w.store, Archive: w.store},
		Bot: "@lbbot", Now: time.Now, NewID: uuid.NewString, Log: log, Registerer: prometheus.NewRegistry()})
	client, err := socket.New(socket.Config{Open: api.Opener(h.config.SlackAppToken), Receive: app.Receive,
		Connections: 1, CloseWait: 10 * time.Millisecond, Log: log})
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	w.t.Cleanup(func() {
		drain, stop := context.WithTimeout(context.Background(), 20*time.Second)
		defer stop()
		_ = client.Drain(drain)
		cancel()
		<-done
		app.Close(drain)
	})
	require.Eventually(w.t, func() bool { return client.Status().Ready }, 20*time.Second, 5*time.Millisecond)
}

func person(id string) operation.Actor { return operation.Actor{UserID: id, TeamID: "T0LOCAL"} }

func here() operation.Place {
	return operation.Place{TeamID: "T0LOCAL", ChannelID: incident, ResultID: incident}
}

func (w *walkthrough) preview(asker string) operation.Operation {
	w.t.Helper()
	c, err := commands.Parse(good)
	require.NoError(w.t, err)
	reg, err := commands.BuildRegistration(c.Values)
	require.NoError(w.t, err)
	op, err := w.intake.Preview(w.t.Context(), intake.Request{Registration: reg, Actor: person(asker), Place: here(),
		Delivery: "command"})
	require.NoError(w.t, err)
	return op
}

func (w *walkthrough) click(op operation.Operation, who, what string) intake.Click {
	return intake.Click{OperationID: op.ID, Actor: person(who), Place: here(), Delivery: what}
}

// runs carries op on as far as it gets and returns it.
func (w *walkthrough) runs(op operation.Operation) operation.Operation {
	w.t.Helper()
	if err := w.runner.Execute(w.t.Context(), oneGo{}, op.ID); err != nil {
		require.ErrorIs(w.t, err, errPause)
	}
	now, err := w.store.Operation(w.t.Context(), op.ID)
	require.NoError(w.t, err)
	return now
}

func (w *walkthrough) denied(err error) {
	w.t.Helper()
	var denied *intake.DeniedError
	require.ErrorAs(w.t, err, &denied)
	require.False(w.t, denied.Decision.Allowed)
}

func TestAChannelThatBecomesSharedStopsTheCall(t *testing.T) {
	t.Parallel()
	w := newWalkthrough(t)
	op, err := w.intake.Send(t.Context(), w.click(w.preview(ana), ana, "send"))
	require.NoError(t, err)
	w.slack.SetChannel(sandbox.Channel{ID: incident, Name: "inc-2041", Creator: "U0INCBOT", ExtShared: true,
		Members: []string{ana, "U0BO"}, BotMember: true})
	w.passes()
	op = w.runs(op)
	require.Equal(t, operation.NotDone, op.State)
	require.Equal(t, operation.DeniedShared, op.Denial.Code)
	require.Empty(t, w.cloud.CallsOf("RegisterBackend"))
}

// TestWhoeverLosesTheRightIsStoppedAtTheNextStep takes a right away between
// every two steps of a request, in every way that Slack knows.
func TestWhoeverLosesTheRightIsStoppedAtTheNextStep(t *testing.T) {
	t.Parallel()
	outOfTheGroups := func(w *walkthrough, id string) {
		for _, g := range w.slack.Groups() {
			rest := make([]string, 0, len(g.Members))
			for _, m := range g.Members {
				if m != id {
					rest = append(rest, m)
				}
			}
			w.slack.SetGroupMembers(g.ID, rest...)
			in := w.slack.Event(w.t.Context(), map[string]any{"type": "subteam_members_changed", "subteam_id": g.ID,
				"removed_users": []string{id}})
			require.True(w.t, in.Acked)
			w.event = true
		}
	}
	ways := map[string]func(*walkthrough, string){
		"taken out of the group": outOfTheGroups,
		"made a guest": func(w *walkthrough, id string) {
			w.slack.SetPerson(sandbox.Person{ID: id, Name: id, TeamID: "T0LOCAL", Guest: true})
		},
		"account closed": func(w *walkthrough, id string) {
			w.slack.SetPerson(sandbox.Person{ID: id, Name: id, TeamID: "T0LOCAL", Deactivated: true})
		},
		"moved to another workspace": func(w *walkthrough, id string) {
			w.slack.SetPerson(sandbox.Person{ID: id, Name: id, TeamID: "T0PARTNER"})
		},
	}
	notAdded := func(w *walkthrough, op operation.Operation) {
		op = w.runs(op)
		require.Equal(w.t, operation.NotDone, op.State)
		require.Equal(w.t, operation.ReasonDenied, op.Reason)
	}
	steps := map[string]func(w *walkthrough, lose func(*walkthrough, string)){
		"the asker, between preview and click": func(w *walkthrough, lose func(*walkthrough, string)) {
			op := w.preview(ana)
			lose(w, ana)
			_, err := w.intake.Send(w.t.Context(), w.click(op, ana, "send"))
			w.denied(err)
		},
		"the asker, between click and call": func(w *walkthrough, lose func(*walkthrough, string)) {
			op, err := w.intake.Send(w.t.Context(), w.click(w.preview(ana), ana, "send"))
			require.NoError(w.t, err)
			lose(w, ana)
			w.passes()
			notAdded(w, op)
		},
		"the approver, between being asked and approving": func(w *walkthrough, lose func(*walkthrough, string)) {
			op, err := w.intake.Send(w.t.Context(), w.click(w.preview(dev), dev, "send"))
			require.NoError(w.t, err)
			lose(w, "U0BO")
			_, err = w.intake.Approve(w.t.Context(), w.click(op, "U0BO", "yes"))
			w.denied(err)
			require.Equal(w.t, operation.Waiting, w.runs(op).State)
		},
		"the asker, while others are asked": func(w *walkthrough, lose func(*walkthrough, string)) {
			op, err := w.intake.Send(w.t.Context(), w.click(w.preview(dev), dev, "send"))
			require.NoError(w.t, err)
			lose(w, dev)
			w.passes()
			_, err = w.intake.Approve(w.t.Context(), w.click(op, "U0BO", "yes"))
			require.NoError(w.t, err)
			notAdded(w, op)
		},
		"the approver, between approving and call": func(w *walkthrough, lose func(*walkthrough, string)) {
			op, err := w.intake.Send(w.t.Context(), w.click(w.preview(dev), dev, "send"))
			require.NoError(w.t, err)
			_, err = w.intake.Approve(w.t.Context(), w.click(op, "U0BO", "yes"))
			require.NoError(w.t, err)
			lose(w, "U0BO")
			w.passes()
			op = w.runs(op)
			require.Equal(w.t, operation.Waiting, op.State, "somebody else has to agree")
			require.Empty(w.t, op.Approval.Votes)
		},
		"the asker, between approving and call": func(w *walkthrough, lose func(*walkthrough, string)) {
			op, err := w.intake.Send(w.t.Context(), w.click(w.preview(dev), dev, "send"))
			require.NoError(w.t, err)
			_, err = w.intake.Approve(w.t.Context(), w.click(op, "U0BO", "yes"))
			require.NoError(w.t, err)
			lose(w, dev)
			w.passes()
			notAdded(w, op)
		},
	}
	for step, walk := range steps {
		for way, lose := range ways {
			t.Run(step+", "+way, func(t *testing.T) {
				t.Parallel()
				w := newWalkthrough(t)
				walk(w, lose)
				require.Empty(t, w.cloud.CallsOf("RegisterBackend"))
			})
		}
	}
	t.Run("nobody loses anything", func(t *testing.T) {
		t.Parallel()
		w := newWalkthrough(t)
		op, err := w.intake.Send(t.Context(), w.click(w.preview(dev), dev, "send"))
		require.NoError(t, err)
		_, err = w.intake.Approve(t.Context(), w.click(op, "U0BO", "yes"))
		require.NoError(t, err)
		require.Equal(t, operation.Done, w.runs(op).State, "the way is open otherwise")
	})
}
