package slackapp

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
	homeview "lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/render/private"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// hostileReading are the lists and Home tabs that show s.
func hostileReading(s string, w render.Wording) map[string]render.Message {
	page := homeview.Page{At: w.At, Words: w}
	var open []private.OpenRequest
	for _, state := range operation.AllStates() {
		op := hostileOperation(s, state, operation.ReasonRefused)
		p := history.Past{At: w.At, Operation: op}
		open = append(open, private.OpenRequest{Past: p, Link: s})
		page.Last = append(page.Last, homeview.Request{Past: p, Link: s})
	}
	page.Asked, page.Stuck, page.Running = page.Last[:2], page.Last[2:4], page.Last[4:]
	page.Paused = &operation.Pause{By: operation.Actor{UserID: s, Name: s}, At: w.At, Why: s}
	page.State = &homeview.State{Policy: s, Problem: true}
	denied := homeview.Page{At: w.At, Words: w, Denied: &operation.Decision{Code: operation.DeniedUnchecked,
		What: operation.Fact(s)}}
	l := hostileOperation(s, operation.Done, "").Listener
	all := map[string]render.Message{"open": private.OpenRequests(open, 1, false),
		"list": private.ListenerList(s, []operation.Listener{l, l}, 3), "list nothing": private.ListenerList(s, nil, 0),
		"servers": private.ServersOn(history.On{Listener: l, Pool: []zenlayer.Backend{{BackendID: s, Name: s, Port: s,
			Status: s, Weight: 5}}}, w.At), "servers hidden": private.ServersHidden(l)}
	for name, p := range map[string]homeview.Page{"home": page, "home denied": denied} {
		all[name] = render.Message{Text: name, Blocks: homeview.View(p).Blocks.BlockSet}
	}
	return all
}

// opened stores a request in a state.
func (r *rig) opened(n int, who, channel string, state operation.State) operation.Operation {
	r.t.Helper()
	op := examples.Sample(examples.InState(state))
	op.ID, op.Ref = fmt.Sprintf("id-%02d", n), fmt.Sprintf("LBR-%06d", n)
	op.Actor = operation.Actor{UserID: who, TeamID: teamID, Name: who}
	op.Place = operation.Place{TeamID: teamID, ChannelID: channel, ResultID: channel}
	op.ClickedAt = time.Now().Add(-time.Duration(n) * time.Minute)
	require.NoError(r.t, r.shelf.put(op, operation.Event{}))
	return op
}

func TestStatusWithoutAnIDShowsWhatIsOpenHereAndOnesOwn(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.opened(1, bo, incident, operation.Sending)
	r.opened(2, bo, "C0GENERAL", operation.Unconfirmed)
	r.opened(3, ana, "C0GENERAL", operation.NeedsPerson)
	r.opened(4, ana, incident, operation.Done)
	r.opened(5, bo, incident, operation.Draft)
	r.types(ana, incident, "status")
	m := r.sees(ana, incident, "2 open requests", "Adding", "LBR-000001", "Needs a person", "LBR-000003")
	require.True(t, m.Ephemeral)
	for _, other := range []string{"LBR-000002", "LBR-000004", "LBR-000005"} {
		require.False(t, has(m, other), "%s is of another channel, or not open", other)
	}
	r.calm()
}

func TestStatusWithoutAnIDCountsWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for n := range 13 {
		r.opened(n, bo, incident, operation.Waiting)
	}
	r.types(ana, incident, "status")
	m := r.sees(ana, incident, "13 open requests", "LBR-000000", "LBR-000009", "3 more")
	require.False(t, has(m, "LBR-000010"))
}

func TestStatusWithoutAnIDSaysThatNothingIsOpen(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "status")
	r.sees(ana, incident, "No request is open", "/lb-register history here")
	r.shelf.hook(failing("Open"))
	r.types(ana, incident, "status")
	r.sees(ana, incident, "Not answered")
	r.types(ana, partner, "status")
	r.sees(ana, partner, "shared with another organization")
}

func TestStatusWithoutAnIDNeverSaysThatItReadAllOfTooMany(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for n := range history.MaxOpen {
		r.opened(n, bo, "C0GENERAL", operation.Waiting)
	}
	r.types(ana, incident, "status")
	m := r.sees(ana, incident, "At least 1000 requests are open", "There may be others")
	require.False(t, has(m, "No request is open"))
	r.types(ana, "C0GENERAL", "status")
	r.sees(ana, "C0GENERAL", "At least 1000 open requests", "There may be more here")
}

func TestListShowsTheListenersThatOneMayChange(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	r := openListed(t, lists)
	r.types(ana, incident, "list")
	m := r.sees(ana, incident, "listeners that you may change", "api-lb/https-443", "lst-8f2c")
	require.True(t, m.Ephemeral)
	r.types(ana, incident, "list api 443")
	r.sees(ana, incident, "matching", "api-lb/https-443")
	r.types(ana, incident, "list nothing-like-it")
	r.sees(ana, incident, "No listener that you may change", "nothing-like-it")
	r.gate.deny(operation.DeniedNoRule)
	r.types(ana, incident, "list")
	r.sees(ana, incident, "You may change no listener from here")
	lists.unread = true
	lists.set(func(*memoryLists) {})
	r.types(ana, incident, "ls")
	r.sees(ana, incident, "The lists of listeners are not loaded")
	r.calm()
}

func TestListShowsAtMostTwentyListenersAndHowManyMore(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	many := zenlayer.LoadBalancer{ID: "lb-many", Name: "many-lb"}
	for n := range 130 {
		many.Listeners = append(many.Listeners, zenlayer.Listener{ListenerID: fmt.Sprintf("lst-m%03d", n),
			Name: fmt.Sprintf("many-%03d", n), LoadBalancerID: "lb-many"})
	}
	lists.add([]zenlayer.LoadBalancer{many})
	r := openListed(t, lists)
	r.types(ana, incident, "list many")
	m := r.sees(ana, incident, "130 listeners", "many-lb/many-000", "many-lb/many-019", "110 more are not shown")
	require.False(t, has(m, "many-020"))
}

func TestListOfOneListenerShowsItsServersToPeopleWithARight(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.byHand("i-55a1", "by-hand")
	r.types(ana, incident, "list api-lb/https-443")
	m := r.sees(ana, incident, "Servers on", "https-443", "by-hand", "weight")
	require.True(t, m.Ephemeral)
	r.gate.deny(operation.DeniedNoRule)
	r.types(ana, incident, "list api-lb/https-443")
	hidden := r.sees(ana, incident, "The policy does not let you see which servers")
	require.False(t, has(hidden, "by-hand"))
	r.gate.deny("")
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Times: -1})
	r.types(ana, incident, "list api-lb/https-443")
	r.sees(ana, incident, "Zenlayer")
	r.types(ana, partner, "list api-lb/https-443")
	r.sees(ana, partner, "shared with another organization")
}
