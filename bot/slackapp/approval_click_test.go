package slackapp

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
)

const (
	chen      = "U0CHEN"
	dev       = "U0DEV"
	approvers = "C0APPROVE"
)

// rules is a gate by which some people ask and others agree.
type rules struct {
	gate
	mu      sync.Mutex
	needed  int      // to register; 0: nobody has to agree
	list    []string // who may approve
	breaker string   // who may break the glass
	channel string   // where approval is asked for
	without string   // who has no right at all
}

func (g *rules) set(f func(*rules)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(g)
}

func (g *rules) Decide(ctx context.Context, q operation.Question) operation.Decision {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.Admit(ctx, q.Actor, q.Place)
	d.Policies = []string{"others-ask"}
	switch {
	case !d.Allowed:
	case q.Actor.UserID == g.without:
		d.Allowed, d.Code = false, operation.DeniedNoRule
	case q.Action == operation.ActionApprove && !slices.Contains(g.list, q.Actor.UserID):
		d.Allowed, d.Code = false, operation.DeniedNoRule
	case q.Action == operation.ActionBreakGlass && q.Actor.UserID != g.breaker:
		d.Allowed, d.Code = false, operation.DeniedNoRule
	case q.Action == operation.ActionRegister && g.needed > 0:
		d.Allowed, d.Code, d.Approvals, d.ApproversChannel = false, operation.DeniedApproval, g.needed, g.channel
	}
	return d
}

func (g *rules) Who(context.Context, operation.Question, operation.Action) (operation.People, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return operation.People{IDs: slices.Clone(g.list), Shown: slices.Clone(g.list)}, nil
}

// asking is a connected rig in which ana needs the agreement of others.
type asking struct {
	*rig
	rules *rules
}

func openAsking(t *testing.T, needed int, people ...string) *asking {
	g := &rules{needed: needed, list: people, breaker: ana, channel: approvers}
	r := open(t, func(c *Config) {
		c.Intake.Permission, c.Intake.Roster, c.Intake.Reporter, c.Reader.Permission = g, g, c.Board, g
		c.Intake.Settings.Approval = operation.ApprovalSettings{Within: 30 * time.Minute}
		c.Intake.Settings.Glass, c.Intake.Settings.GlassIn = 2, 7*24*time.Hour
	})
	return &asking{r, g}
}

// asked has ana ask for approval and shows the cards, as the run would.
func (r *asking) asked() (op operation.Operation, card sandbox.Message) {
	r.t.Helper()
	r.types(ana, incident, goodCommand)
	preview := r.sees(ana, incident, "Preview", "Needs approval", render.ActApprovalAsk)
	r.clicks(ana, preview, render.ActApprovalAsk, "")
	r.idle()
	waiting := r.shelf.inState(operation.Waiting)
	require.Len(r.t, waiting, 1)
	require.Equal(r.t, []string{waiting[0].ID}, r.starts.started())
	r.shows(waiting[0].ID)
	return waiting[0], r.sees(bo, waiting[0].Approval.Channel, "for approval · LBR-", render.ActApYes)
}

// shows makes the cards show an operation as it is now.
func (r *asking) shows(id string) operation.Operation {
	r.t.Helper()
	op, err := r.shelf.Operation(r.t.Context(), id)
	require.NoError(r.t, err)
	require.NoError(r.t, r.board.Report(r.t.Context(), op))
	return op
}

func (r *asking) stored(id string) operation.Operation {
	r.t.Helper()
	op, err := r.shelf.Operation(r.t.Context(), id)
	require.NoError(r.t, err)
	return op
}

func TestAnAgreementIsTakenOnTheApproversCardAndBothCardsFollow(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo, chen)
	op, card := r.asked()
	require.Equal(t, approvers, card.ChannelID)
	own := r.sees(ana, incident, "Asked", "asked for in", approvers)
	require.False(t, has(own, render.ActApYes), "the buttons are where approvers are asked")
	_, answers := r.said(ana, incident)
	require.Empty(t, answers, "the used preview is taken away")

	r.clicks(bo, card, render.ActApYes, "")
	r.idle()
	op = r.stored(op.ID)
	require.Equal(t, operation.Accepted, op.State)
	require.Len(t, op.Approval.Votes, 1)
	require.Equal(t, bo, op.Approval.Votes[0].By.UserID)
	require.Equal(t, approvers, op.Approval.Votes[0].Place.ChannelID, "the right is asked for where it was said")
	require.Equal(t, []string{op.ID}, r.starts.pokes)

	r.shows(op.ID)
	r.sees(bo, approvers, "Approved", "Adding…")
	r.sees(ana, incident, "last checks", "Approved by")
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.Version, op.State, op.BackendID, op.FinishedAt = op.Version+1, operation.Done, "be-20d1", time.Now()
	})
	r.shows(op.ID)
	for _, channel := range []string{approvers, incident} {
		public, _ := r.said(bo, channel)
		require.Len(t, public, 1, "one card in %s", channel)
		require.True(t, has(public[0], "Added", "be-20d1", bo))
	}
	require.True(t, r.shelf.card(op.ID).Closed)
	r.calm()
}

func TestADoubleClickAgreesOnce(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 2, bo, chen)
	op, card := r.asked()
	in := r.clicks(bo, card, render.ActApYes, "")
	r.slack.Redeliver(t.Context(), in, true)
	r.clicks(bo, card, render.ActApYes, "")
	r.idle()
	op = r.stored(op.ID)
	require.Equal(t, operation.Waiting, op.State)
	require.Len(t, op.Approval.Votes, 1)

	r.shows(op.ID)
	r.sees(chen, approvers, "1 of 2", "One more.")
	r.clicks(chen, r.sees(chen, approvers, "1 of 2"), render.ActApYes, "")
	r.idle()
	require.Equal(t, operation.Accepted, r.stored(op.ID).State)
	r.calm()
}

func TestALateClickIsToldWhoWasFaster(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit func(*operation.Operation)
		want string
	}{
		"approved": {func(op *operation.Operation) {
			op.State, op.Approval.Votes = operation.Accepted,
				[]operation.Vote{{By: operation.Actor{UserID: chen}, At: time.Now()}}
		}, "Already approved by"},
		"denied": {func(op *operation.Operation) {
			op.Approval.Denied = &operation.Vote{By: operation.Actor{UserID: chen}, At: time.Now()}
		}, "Already denied by"},
		"stopped": {func(op *operation.Operation) { op.StopBy = ana }, "Already stopped by"},
		"expired": {func(op *operation.Operation) { op.Approval.ExpiresAt = time.Now().Add(-time.Second) },
			"The approval expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openAsking(t, 1, bo, chen)
			op, card := r.asked()
			r.shelf.edit(op.ID, tt.edit)
			for _, action := range []string{render.ActApYes, render.ActApQuestion} {
				r.clicks(bo, card, action, "")
			}
			r.idle()
			_, answers := r.said(bo, approvers)
			require.Len(t, answers, 2)
			for _, m := range answers {
				require.True(t, has(m, tt.want, private.StaleSent), m.Text)
			}
			require.LessOrEqual(t, len(r.stored(op.ID).Approval.Votes), 1)
			r.calm()
		})
	}
}

func TestANoThatIsLateIsToldInItsOwnForm(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo, chen)
	op, card := r.asked()
	r.clicks(bo, card, render.ActApNo, "")
	v := r.view(bo, form.DenyTitle)
	at := time.Date(2026, 3, 18, 19, 15, 2, 0, time.UTC)
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.State, op.Approval.Votes = operation.Accepted,
			[]operation.Vote{{By: operation.Actor{UserID: chen, Name: "chen"}, At: at}}
	})
	r.acked(r.submits(bo, v, filled(map[string]string{"reason": "wrong listener"})))
	view := r.slack.Views(bo)[0]
	require.Contains(t, string(encode(t, view)), form.DenyTitle)
	require.NotContains(t, string(encode(t, view)), form.Title)
	require.True(t, has(sandbox.Message{Blocks: view.Blocks}, "Already approved by chen at 19:15:02 UTC."))
	require.Nil(t, r.stored(op.ID).Approval.Denied)
	r.calm()
}

func TestAClickOnAnOlderPictureCountsForNothing(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.Version += 2
		op.Approval.Since = op.Version
		op.Approval.Again, op.Approval.Changes = operation.AgainPicture, []string{"the name web-07 is taken by be-77"}
	})
	r.clicks(bo, card, render.ActApYes, "")
	r.sees(bo, approvers, "This card is out of date")
	require.Empty(t, r.stored(op.ID).Approval.Votes)
	r.shows(op.ID)
	fresh := r.sees(bo, approvers, "Approve as it is now", "is taken by be-77")
	r.clicks(bo, fresh, render.ActApYes, "")
	r.idle()
	require.Equal(t, operation.Accepted, r.stored(op.ID).State)
	r.calm()
}

func TestWhoIsNotOnTheListAndTheAskerThemselvesAreToldPrivately(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	for person, want := range map[string]string{chen: private.NotOnListText, ana: private.DenySelf} {
		r.clicks(person, card, render.ActApYes, "")
		require.True(t, r.sees(person, approvers, want).Ephemeral)
		r.clicks(person, card, render.ActApNo, "")
		in := r.submits(person, r.view(person, form.DenyTitle), filled(map[string]string{"reason": "no"}))
		r.acked(in)
		require.True(t, has(sandbox.Message{Blocks: r.slack.Views(person)[0].Blocks}, want))
	}
	op = r.stored(op.ID)
	require.Equal(t, operation.Waiting, op.State)
	require.Empty(t, op.Approval.Votes)
	require.Nil(t, op.Approval.Denied)
	r.calm()
}

func TestANoHasAReasonThatTheAskerSees(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	r.clicks(bo, card, render.ActApNo, "")
	v := r.view(bo, form.DenyTitle)
	require.True(t, has(sandbox.Message{Blocks: v.Blocks}, "Why? (ana will see this)"))
	in := r.acked(r.submits(bo, v, filled(map[string]string{"reason": " "})))
	require.NotEmpty(t, in.Errors, "an empty reason is asked for again")
	in = r.acked(r.submits(bo, v, filled(map[string]string{"reason": "wrong listener, use https-8443"})))
	require.Empty(t, in.Errors)
	require.Empty(t, r.slack.Views(bo), "it closes")
	r.slack.Redeliver(t.Context(), in, true)
	r.idle()
	op = r.stored(op.ID)
	require.Equal(t, "wrong listener, use https-8443", op.Approval.Denied.Reason)
	require.Contains(t, r.starts.pokes, op.ID)
	require.Equal(t, 1, r.events(operation.EventNotApproved))
	r.calm()
}

// events counts the events of a kind.
func (r *rig) events(kind string) int {
	r.shelf.mu.Lock()
	defer r.shelf.mu.Unlock()
	n := 0
	for _, e := range r.shelf.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestAQuestionIsAskedInTheThreadOfTheCard(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	in := r.clicks(bo, card, render.ActApQuestion, "")
	r.slack.Redeliver(t.Context(), in, true)
	r.idle()
	m := r.sees(bo, approvers, "has a question for", "Please answer here.", bo, ana, op.Ref)
	require.Equal(t, card.TS, m.ThreadTS)
	public, _ := r.said(bo, approvers)
	require.Len(t, public, 2, "once")
	r.calm()
}

func TestADoubleClickAsksOneQuestion(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo, chen)
	_, card := r.asked()
	for range 2 {
		r.clicks(bo, card, render.ActApQuestion, "")
	}
	r.clicks(chen, card, render.ActApQuestion, "")
	r.idle()
	public, answers := r.said(bo, approvers)
	require.Len(t, public, 3, "the card, and a question of each of the two")
	require.Len(t, answers, 1)
	require.True(t, has(answers[0], private.QuestionStands))
	require.Equal(t, 2, r.events(operation.EventQuestion))
	r.calm()
}

func TestWithoutAChannelOfTheirsApprovalIsAskedOnTheOneCard(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	r.rules.set(func(g *rules) { g.channel = "" })
	op, card := r.asked()
	require.Equal(t, incident, card.ChannelID)
	require.True(t, has(card, render.ActOpStop, render.ActApNo, render.ActApQuestion))
	require.Empty(t, r.shelf.asked, "no second card")
	r.clicks(bo, card, render.ActApYes, "")
	r.idle()
	require.Equal(t, operation.Accepted, r.stored(op.ID).State)
	r.calm()
}

func TestThePoolIsShownBeforeAndAfter(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	r.clicks(bo, card, render.ActApMore, render.MoreValue(render.MorePool, op))
	require.True(t, r.sees(bo, approvers, "Pool of https-443 on api-lb", "Before", "After").Ephemeral)
	r.calm()
}

func TestAPreviewWhoseNeedForApprovalChangedIsShownAnew(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 0, bo)
	m := r.preview(ana, incident)
	r.rules.set(func(g *rules) { g.needed = 1 })
	r.clicks(ana, m, render.ActReqSend, "")
	anew := r.sees(ana, incident, "Something changed since you looked: approval is needed now.", render.ActApprovalAsk)
	require.Equal(t, m.TS, anew.TS, "in its place")
	require.Empty(t, r.starts.started())
	r.rules.set(func(g *rules) { g.needed = 0 })
	r.clicks(ana, anew, render.ActApprovalAsk, "")
	again := r.sees(ana, incident, "approval is not needed any more", render.ActReqSend)
	r.clicks(ana, again, render.ActReqSend, "")
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestTheFormAsksForApprovalToo(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 0, bo)
	view := r.atPreview(ana, incident)
	require.Equal(t, private.ButtonAdd, view.Submit)
	r.rules.set(func(g *rules) { g.needed = 1 })
	r.acked(r.submits(ana, view, nil))
	r.until("the new picture", func() bool {
		v := r.slack.Views(ana)
		return len(v) > 0 && v[len(v)-1].Submit == private.ButtonAsk
	})
	view = r.view(ana, private.ViewCheckTitle)
	require.True(t, has(sandbox.Message{Blocks: view.Blocks}, "Something changed since you looked", "Needs approval"))
	r.acked(r.submits(ana, view, nil))
	r.idle()
	require.Empty(t, r.slack.Views(ana))
	require.Len(t, r.shelf.inState(operation.Waiting), 1)
	r.calm()
}

// glassForm opens the form for break-glass from a preview in a channel.
func (r *asking) glassForm() sandbox.View {
	r.t.Helper()
	r.types(ana, incident, goodCommand)
	r.clicks(ana, r.sees(ana, incident, "Needs approval", render.ActGlassOpen), render.ActGlassOpen, "")
	r.until("the warning is filled in", func() bool {
		views := r.slack.Views(ana)
		return len(views) == 1 && has(sandbox.Message{Blocks: views[0].Blocks}, "You have used 0 of 2 this week.")
	})
	return r.view(ana, form.GlassTitle)
}

func goodGlass() sandbox.ViewState {
	state := filled(map[string]string{"why": "customers cannot pay, nobody answered", "incident": "inc-2041"})
	state[render.FieldBlockID("responsible")] = map[string]any{render.FieldBlockID("responsible"): []string{"true"}}
	return state
}

func TestAClickAboutWhatWasNeverAskedShowsItToNobody(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	r.types(ana, incident, goodCommand)
	r.sees(ana, incident, "Needs approval", render.ActApprovalAsk)
	draft := r.shelf.inState(operation.Draft)[0]
	for _, action := range []string{render.ActApYes, render.ActApQuestion} {
		_, acked := r.slack.Deliver(t.Context(), "interactive",
			clickPayload(bo, approvers, action, render.ButtonValue(draft)),
			false)
		require.True(t, acked)
	}
	r.idle()
	for _, channel := range []string{approvers, incident} {
		public, answers := r.said(bo, channel)
		require.Empty(t, public)
		for _, m := range answers {
			require.False(t, has(m, draft.Ref) || has(m, "web-07"), m.Text)
		}
	}
	require.Equal(t, draft, r.stored(draft.ID))
	r.calm()
}

// Bo opens the form of a no, agrees on the card after all, and then sends the
// form that is still open.
func TestANoAfterOnesOwnYesIsNotTakenSilently(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, card := r.asked()
	r.clicks(bo, card, render.ActApNo, "")
	v := r.view(bo, form.DenyTitle)
	r.clicks(bo, card, render.ActApYes, "")
	r.idle()
	require.Equal(t, operation.Accepted, r.stored(op.ID).State)
	r.acked(r.submits(bo, v, filled(map[string]string{"reason": "wrong listener"})))
	r.idle()
	require.NotEmpty(t, r.slack.Views(bo), "the form closes as if the no counted")
	require.Zero(t, r.events(operation.EventNotApproved))
}
