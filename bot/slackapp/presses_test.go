package slackapp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// press is one thing that a person can press or send.
type press struct {
	stores string // its commit: a method of the journal, or Poke of the engine; empty: it stores nothing
	about  func(r *asking) (value, person, channel string)
	submit func(r *asking) (v sandbox.View, person string, state sandbox.ViewState) // instead of about: of a view
}

// presses has every action id and every view that can be sent.
func presses() map[string]press {
	draft := func(r *asking) (value, person, channel string) {
		r.rules.set(func(g *rules) { g.needed = 0 })
		r.types(ana, incident, goodCommand)
		r.idle()
		return render.ButtonValue(r.shelf.inState(operation.Draft)[0]), ana, incident
	}
	draftToAsk := func(r *asking) (value, person, channel string) {
		r.types(ana, incident, goodCommand)
		r.idle()
		return render.ButtonValue(r.shelf.inState(operation.Draft)[0]), ana, incident
	}
	asks := func(r *asking) (value, person, channel string) {
		op, _ := r.asked()
		return render.ButtonValue(op), bo, approvers
	}
	in := func(state operation.State) func(*asking) (string, string, string) {
		return func(r *asking) (value, person, channel string) {
			op, _ := r.asked()
			r.shelf.edit(op.ID, func(op *operation.Operation) { op.State = state })
			return render.ButtonValue(op), ana, incident
		}
	}
	more := func(about func(*asking) (string, string, string)) func(*asking) (string, string, string) {
		return func(r *asking) (value, person, channel string) {
			value, person, channel = about(r)
			return render.MoreDetails + ":" + value, person, channel
		}
	}
	offers := func(r *asking) (value, person, channel string) {
		meant := commands.Choice{Value: "i-55a1", Label: "web-07"}
		key := r.app.keepOffer(r.t.Context(), delivery.Delivery{Actor: operation.Actor{UserID: ana, TeamID: teamID}},
			&commands.InputError{
				Asked: commands.Values{commands.KeyListener: "lst-8f2c", commands.KeyServer: "wbe-07",
					commands.KeyPorts: "8443"},
				Problems: []commands.Problem{{Field: commands.KeyServer,
					Choices: slices.Repeat([]commands.Choice{meant}, commands.MaxChoices)}}})
		return render.KeyValue(key, 0), ana, incident
	}
	table := map[string]press{
		render.ActFixOpenForm: {about: draft}, render.ActHelpOpen: {about: draft}, render.ActFormOpen: {about: draft},
		render.ActReqChange: {about: draft},
		render.ActReqMore:   {about: more(draft)}, render.ActReqAgainForm: {about: draft},
		render.ActWhoamiOpen: {about: draft},
		render.ActHistOlder:  {about: draft},
		render.ActLinkOpen:   {about: draft}, render.ActGlassOpen: {about: draftToAsk},
		render.ActPoolShow: {about: draft}, render.ActApNo: {about: asks},
		render.ActApMore: {about: more(asks)},

		render.ActFormTyped: {about: draft}, render.ActFormLists: {about: draft},
		render.ActPickListener: {about: draft},

		render.ActReqSend:     {stores: "Accept", about: draft},
		render.ActApprovalAsk: {stores: "Accept", about: draftToAsk},
		render.ActReqCancel:   {stores: "Save", about: draft},
		render.ActReqAgain:    {stores: "SaveDraft", about: draft},
		render.ActUndoAsk: {stores: "SaveDraft", about: func(r *asking) (value, person, channel string) {
			r.rules.set(func(g *rules) { g.needed = 0 })
			op, _ := r.added(nil)
			return render.ButtonValue(op), ana, incident
		}},
		render.ActOpStop:     {stores: "Save", about: in(operation.Waiting)},
		render.ActSettleNow:  {stores: "Poke", about: in(operation.Unconfirmed)},
		render.ActSettleYes:  {stores: "Save", about: in(operation.NeedsPerson)},
		render.ActSettleNo:   {stores: "Save", about: in(operation.NeedsPerson)},
		render.ActApYes:      {stores: "Save", about: asks},
		render.ActApQuestion: {stores: "Record", about: asks},

		render.ViewForm: {stores: "SaveDraft", submit: func(r *asking) (sandbox.View, string, sandbox.ViewState) {
			r.types(ana, incident, "")
			return r.view(ana, form.Title), ana, goodForm()
		}},
		render.ViewPreview: {stores: "Accept", submit: func(r *asking) (sandbox.View, string, sandbox.ViewState) {
			r.rules.set(func(g *rules) { g.needed = 0 })
			return r.atPreview(ana, incident), ana, nil
		}},
		render.ViewDeny: {stores: "Save", submit: func(r *asking) (sandbox.View, string, sandbox.ViewState) {
			_, card := r.asked()
			return r.atDeny(bo, card), bo, filled(map[string]string{"reason": "wrong listener"})
		}},
		render.ViewGlass: {stores: "Accept", submit: func(r *asking) (sandbox.View, string, sandbox.ViewState) {
			return r.glassForm(), ana, goodGlass()
		}},
		render.ViewNotice: {},
	}
	for n := range commands.MaxChoices {
		table[render.ActFixPick+strconv.Itoa(n+1)] = press{stores: "SaveDraft", about: offers}
	}
	return table
}

// bringAbout makes what can be pressed and returns the press, and what the
// person reads privately.
func (p press) bringAbout(
	r *asking, action string,
) (do func(context.Context) (acked bool), said func() []sandbox.Message) {
	if p.submit != nil {
		v, person, state := p.submit(r)
		return func(ctx context.Context) bool { return r.slack.SubmitView(ctx, person, v.ID, state).Acked },
			func() []sandbox.Message {
				var list []sandbox.Message
				for _, v := range r.slack.Views(person) {
					list = append(list, sandbox.Message{Text: fmt.Sprint(v.Errors), Blocks: v.Blocks})
				}
				return list
			}
	}
	value, person, channel := p.about(r)
	payload := clickPayload(person, channel, action, value)
	return func(ctx context.Context) bool {
			_, acked := r.slack.Deliver(ctx, "interactive", payload, false)
			return acked
		},
		func() []sandbox.Message { _, answers := r.said(person, channel); return answers }
}

// state is everything that a press can change.
func (r *asking) state() string {
	r.shelf.mu.Lock()
	defer r.shelf.mu.Unlock()
	r.starts.mu.Lock()
	defer r.starts.mu.Unlock()
	return fmt.Sprint(r.shelf.ops, len(r.shelf.events), r.starts.ids, r.starts.pokes)
}

func TestEveryActionAndViewIsInTheTableOfPresses(t *testing.T) {
	t.Parallel()
	table := presses()
	for _, id := range append(render.ActionIDs(), render.ViewForm, render.ViewPreview, render.ViewNotice,
		render.ViewDeny, render.ViewGlass) {
		require.Contains(t, table, id,
			"say there what %s stores, so that the other tests hold it to a commit before its ack", id)
		p := table[id]
		if p.about != nil {
			d := delivery.Delivery{Kind: delivery.KindClick}
			d.Actions = []delivery.Pressed{{ActionID: id}}
			require.Equal(t, p.stores != "", changes(d), id)
		}
	}
}

// eachPress runs a test for every press that stores something, or for every
// one that does not.
func eachPress(t *testing.T, storing bool, test func(t *testing.T, r *asking, id string, p press)) {
	t.Parallel()
	for id, p := range presses() {
		if (p.stores != "") != storing || p.about == nil && p.submit == nil {
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t, openAsking(t, 1, bo), id, p)
		})
	}
}

func TestPressThatCannotBeStoredIsRefusedBeforeItsAck(t *testing.T) {
	eachPress(t, true, func(t *testing.T, r *asking, id string, p press) {
		do, said := p.bringAbout(r, id)
		r.idle()
		before, words := r.state(), len(said())
		r.hook(failing(p.stores))
		for range 2 { // the second delivery is answered once with the first
			require.True(t, do(t.Context()))
			after := said()
			if p.submit != nil {
				require.NotEmpty(t, after, "the view stays open")
				require.Contains(t, after[len(after)-1].Text+string(after[len(after)-1].Blocks),
					"cannot store requests")
				break
			}
			require.Len(t, after, words+1, "an ack that comes before the refusal looks like success")
			require.True(t, has(after[words], "cannot store requests"))
		}
		r.idle()
		require.Equal(t, before, r.state())
		r.calm()
	})
}

func TestAckFollowsTheCommitOfThePress(t *testing.T) {
	eachPress(t, true, func(t *testing.T, r *asking, id string, p press) {
		do, _ := p.bringAbout(r, id)
		r.idle()
		before := r.state()
		var committing atomic.Bool
		r.hook(func(ctx context.Context, method string) error {
			if method == p.stores && committing.CompareAndSwap(false, true) {
				defer committing.Store(false)
				slowly(ctx, 200*time.Millisecond)
			}
			return ctx.Err()
		})
		require.True(t, do(t.Context()))
		require.False(t, committing.Load(), "acked before it was stored")
		require.NotEqual(t, before, r.state(), "acked and not stored")
		r.idle()
		r.calm()
	})
}

// slowly is a slow commit.
func slowly(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func TestPressThatIsNotStoredInTimeIsAckedWithWordsThatSaySo(t *testing.T) {
	eachPress(t, true, func(t *testing.T, r *asking, id string, p press) {
		if _, picks := private.PickIndex(id); picks || id == render.ViewForm {
			return // it reads no operation; slow checks of the form have tests of their own
		}
		do, said := p.bringAbout(r, id)
		r.idle()
		before := r.state()
		hook, _, release := gated("Operation")
		r.hook(hook)
		require.True(t, do(t.Context()))
		require.Equal(t, before, r.state())
		want := private.StillStoring
		if p.submit != nil {
			want = "Checking…"
		}
		r.until("it says so", func() bool {
			for _, m := range said() {
				if has(m, want) {
					return true
				}
			}
			return false
		})
		close(release)
		r.until("it is stored", func() bool { return r.state() != before })
		r.idle()
		r.calm()
	})
}

func TestPressThatStoresNothingCommitsNothing(t *testing.T) {
	eachPress(t, false, func(t *testing.T, r *asking, id string, p press) {
		do, _ := p.bringAbout(r, id)
		r.idle()
		before := r.state()
		require.True(t, do(t.Context()))
		r.idle()
		require.Equal(t, before, r.state())
	})
}

func TestDeniedClickThatArrivesTwiceIsAnsweredAndRecordedOnce(t *testing.T) {
	t.Parallel()
	r := openAsking(t, 1, bo)
	op, _ := r.asked()
	payload := clickPayload(chen, approvers, render.ActApYes, render.ButtonValue(op))
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			_, acked := r.slack.Deliver(t.Context(), "interactive", payload, false)
			require.True(t, acked)
		})
	}
	both.Wait()
	_, answers := r.said(chen, approvers)
	require.Len(t, answers, 1)
	require.Equal(t, 1, r.events(operation.EventDenied))
	r.calm()
}
