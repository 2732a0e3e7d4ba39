package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

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
