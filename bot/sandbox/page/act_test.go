package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCloudIsSwitchedOffAndOn(t *testing.T) {
	t.Parallel()
	cloud, fail := &fakeCloud{}, error(nil)
	h := pageOver(t, newFakeSlack(), Options{Cloud: cloud, Switch: func(_ context.Context, on bool) error {
		cloud.off = !on && fail == nil
		return fail
	}})
	page := func() string { return send(h, "GET", "/live", nil).Body.String() }
	press := func(on string) int {
		return send(h, "POST", "/switch", url.Values{"as": {"U1"}, "channel": {"C1"}, "on": {on}}).Code
	}
	require.Contains(t, page(), "Switch the cloud off")
	fail = errors.New("no")
	require.Equal(t, http.StatusUnprocessableEntity, press("false"))
	require.Contains(t, page(), "That did not work: the cloud could not be switched; see the log")
	fail = nil
	require.Equal(t, http.StatusNoContent, press("false"))
	require.True(t, cloud.Faults()[1].On)
	require.Contains(t, page(), "The cloud is off. Switch it on")
	require.NotContains(t, page(), "That did not work")
	require.Equal(t, http.StatusNoContent, press("true"))
	require.False(t, cloud.Faults()[1].On)

	h = pageOver(t, newFakeSlack(), Options{Cloud: cloud})
	require.Equal(t, http.StatusNotFound, press("false"), "a page that cannot switch")
	require.NotContains(t, send(h, "GET", "/", nil).Body.String(), "Switch the cloud off")
}

func TestTheTourHasTheStepsThatTheOptionsName(t *testing.T) {
	t.Parallel()
	s, cloud := newFakeSlack(), &fakeCloud{}
	h := pageOver(t, s, Options{Cloud: cloud, Undo: true, Alert: Alert{Reader: "U1", Channel: "C2"}})
	live := func() string { return send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String() }
	done := func(n int, title string) string {
		return `<li id="step-` + strconv.Itoa(n) + `" class="done">` + "\n" + `<span class="mark" aria-hidden="true">` +
			`<svg class="icon"><use href="#i-check"/></svg></span>` + "\n" + `<span class="what"><b>` + title
	}
	require.NotContains(t, live(), done(3, "Undo it"))
	require.Contains(t, live(), "already typed in")
	require.NotContains(t, send(h, "GET", "/live?as=U1&channel=C2", nil).Body.String(), "already typed in")
	cloud.calls = []Call{{Action: "RegisterBackend"}, {Action: "DeregisterBackend"}}
	require.Contains(t, live(), done(3, "Undo it"))
	send(h, "POST", "/say", url.Values{"as": {"U1"}, "channel": {"C1"}, "text": {"/x"}})
	require.Contains(t, live(), `<a href="/?as=U1&amp;channel=C2">Be Ana in #secret</a>`)
	send(h, "POST", "/shortcut", url.Values{"as": {"U1"}, "channel": {"C2"}, "ts": {"1.0"}, "callback": {"on_message"}})
	require.NotContains(t, live(), done(4, "Start from an alert"), "the form is open, and nothing was added")
	cloud.calls = append(cloud.calls, Call{Action: "RegisterBackend", At: time.Now()})
	require.Contains(t, live(), done(4, "Start from an alert"))
}
