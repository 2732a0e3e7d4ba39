package suggest_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestWhatMayBeChangedIsFoundOutOnceAndAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.wait = time.Second
		d.FormOpened(ana, here)
		require.Equal(t, 1, d.lists.woken)
		ask := func() []string {
			got, err := d.Listeners(t.Context(), ana, here, "https")
			require.NoError(t, err)
			return idsOf(got.Others)
		}
		require.Equal(t, []string{"lst-1", "lst-2"}, ask())
		ask()
		require.Equal(t, 1, d.gate.times(), "the opened form had begun it")

		d.gate.edit(func(o *offering) { o.digest, o.may = "d2", only("lst-1") })
		require.Equal(t, []string{"lst-1"}, ask(), "the policy changed")
		d.lists.edit(func(c *catalogue) { c.listeners[0].Name = "renamed" })
		_, err := d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, 3, d.gate.times(), "the lists changed")
		<-time.After(30 * time.Second)
		_, err = d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, 4, d.gate.times(), "too long ago")
		_, err = d.Listeners(t.Context(), bo, here, "")
		require.NoError(t, err)
		require.Equal(t, 5, d.gate.times(), "another person")
	})
}

func TestTheOldestThatIsFoundOutIsForgottenFirst(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		person := func(n int) operation.Actor { return operation.Actor{UserID: fmt.Sprintf("U%d", n), TeamID: "T1"} }
		asks := func(n int) (found bool) {
			before := d.gate.times()
			_, err := d.Listeners(t.Context(), person(n), here, "")
			require.NoError(t, err)
			return d.gate.times() == before
		}
		d.gate.edit(func(o *offering) { o.wait = 5 * time.Second })
		d.FormOpened(person(0), here) // older than all others, but still being found out
		synctest.Wait()
		d.gate.edit(func(o *offering) { o.wait = 0 })
		for n := 1; n <= 256; n++ {
			require.False(t, asks(n))
			<-time.After(time.Millisecond)
		}
		<-time.After(5 * time.Second)
		require.True(t, asks(0))
		require.False(t, asks(1), "it made room for the last")
		require.True(t, asks(256))
		require.True(t, asks(3))
	})
}

func TestWhatOneMayChangeIsNotOfferedToAnotherPersonNorElsewhere(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(*operation.Actor, *operation.Place){
		"another person":     func(a *operation.Actor, _ *operation.Place) { a.UserID = "U-OTHER" },
		"another workspace":  func(a *operation.Actor, _ *operation.Place) { a.TeamID = "T-OTHER" },
		"another enterprise": func(a *operation.Actor, _ *operation.Place) { a.EnterpriseID = "E-OTHER" },
		"the bot itself": func(_ *operation.Actor, p *operation.Place) {
			p.ChannelID, p.NoChannel = "", true
		},
		"another channel":            func(_ *operation.Actor, p *operation.Place) { p.ChannelID = "C-OTHER" },
		"a channel of another place": func(_ *operation.Actor, p *operation.Place) { p.TeamID = "T-OTHER" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, d *desk) {
				_, err := d.Listeners(t.Context(), ana, here, "")
				require.NoError(t, err)
				d.gate.edit(func(o *offering) { o.may = only("lst-3") })
				a, p := ana, here
				other(&a, &p)
				got, err := d.Listeners(t.Context(), a, p, "")
				require.NoError(t, err)
				require.Equal(t, []string{"lst-3"}, idsOf(got.Others))
				got, err = d.Listeners(t.Context(), ana, here, "")
				require.NoError(t, err)
				require.Len(t, got.Others, 4, "hers are remembered")
			})
		})
	}
}

func TestADenialIsNotRemembered(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.denied = operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPolicy, Digest: "d1"}
		_, err := d.Listeners(t.Context(), ana, here, "")
		require.Error(t, err)
		d.gate.edit(func(o *offering) { o.denied = operation.Decision{} })
		_, err = d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
	})
}

func TestManyLettersTypedAtOnceAskThePolicyOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.wait = time.Second
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := d.Listeners(t.Context(), ana, here, "https")
				assert.NoError(t, err)
			})
		}
		all.Wait()
		require.Equal(t, 1, d.gate.times())
	})
}

func TestPeopleWhomSlackKeepsWaitingDoNotKeepOthersWaiting(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.wait = 5 * time.Second
		for n := range 20 {
			d.FormOpened(operation.Actor{UserID: fmt.Sprintf("SLOW%d", n), TeamID: "T1"}, here)
		}
		synctest.Wait()
		d.gate.edit(func(o *offering) { o.wait = 0 })
		began := time.Now()
		_, err := d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Zero(t, time.Since(began))
	})
}

func TestAPanicOfThePolicyLeavesTheListUnavailable(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.may = func(operation.Listener) bool { panic("a fault") }
		_, err := d.Listeners(t.Context(), ana, here, "")
		require.EqualError(t, err, "permission could not be checked: unchecked policy")
	})
}

func TestNothingIsFoundOutForSuggestionsAfterClose(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.wait = time.Minute
		d.FormOpened(ana, here)
		synctest.Wait() // it is being found out
		began := time.Now()
		d.Close()
		require.Zero(t, time.Since(began))
		_, err := d.Listeners(t.Context(), bo, here, "")
		require.Error(t, err)
		require.Equal(t, 1, d.gate.times())
	})
}
