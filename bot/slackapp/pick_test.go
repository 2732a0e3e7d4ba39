package slackapp

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
	"lbbot/zenlayer"
)

func (s *shelf) KeepChoices(ctx context.Context, key, person string, data []byte) error {
	if err := s.enter(ctx, "KeepChoices"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[key] = [2]string{person, string(data)}
	return nil
}

func (s *shelf) KeptChoices(ctx context.Context, key string) (person string, data []byte, err error) {
	if err := s.enter(ctx, "KeptChoices"); err != nil {
		return "", nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.kept[key]
	if !ok {
		return "", nil, operation.ErrNotFound
	}
	return kept[0], []byte(kept[1]), nil
}

func TestSuggestionsAreFiveButtonsThatCarryAKeyOnly(t *testing.T) {
	t.Parallel()
	e := examples.Misspelt()
	m := private.InputErrors(e, "k1", "o1")
	requireMessage(t, m)
	picks, form := 0, false
	list, err := json.Marshal(m.Blocks)
	require.NoError(t, err)
	for _, b := range buttonsOf(t, list) {
		if strings.HasPrefix(b.ActionID, render.ActFixPick) {
			picks++
			require.Equal(t, "o1:0", b.Value)
		}
		form = form || b.ActionID == render.ActFixOpenForm
	}
	require.Equal(t, 4, picks, "two of each")
	require.Contains(t, string(list), "Pick the listener first, then the server.")
	require.True(t, form)
	e.Problems = e.Problems[1:]
	require.Len(t, private.OfferOf(e).Picks, commands.MaxChoices)
	require.Contains(t, string(encodeMessage(t, private.InputErrors(e, "k1", "o1"))), "Pick one to see its preview.")
	e.Problems = append(e.Problems, commands.Problem{Field: commands.KeyPorts, Text: "Not a port."})
	require.Contains(t, string(encodeMessage(t, private.InputErrors(e, "k1", "o1"))), "Pick one, then fix the rest.")
	e.Problems = e.Problems[:1]
	e.Asked = nil
	require.NotContains(t, string(encodeMessage(t, private.InputErrors(e, "k1", "o1"))), render.ActFixPick,
		"a question has no preview")
}

type pressable struct {
	ActionID string `json:"action_id"`
	Value    string
	Text     struct{ Text string }
}

// buttonsOf reads what can be pressed in blocks.
func buttonsOf(t *testing.T, blocks []byte) (out []pressable) {
	t.Helper()
	var list []struct{ Elements []pressable }
	require.NoError(t, json.Unmarshal(blocks, &list))
	for _, b := range list {
		out = append(out, b.Elements...)
	}
	return out
}

func TestAPickedSuggestionShowsThePreviewAndNeverSends(t *testing.T) {
	t.Parallel()
	for _, confirm := range []intake.Confirm{intake.ConfirmAlways, intake.ConfirmProtected, intake.ConfirmNever} {
		for _, text := range []string{"https-434 web-07 weight=20", "lst-8f2d web-07 weight=20",
			"lst-8f2c wbe-07 weight=20", "https-434 wbe-07 weight=20"} {
			t.Run(string(confirm)+" "+text, func(t *testing.T) {
				t.Parallel()
				r := open(t, func(c *Config) { c.Confirm, c.Intake.Settings.Confirm = confirm, confirm })
				r.types(ana, incident, text)
				m := r.sees(ana, incident, "Closest:", render.ActFixPick+"1", render.ActFixOpenForm)
				require.NotContains(t, string(m.Blocks), `"value":"lst-`)
				if strings.HasPrefix(text, "https-434 wbe") {
					r.clicks(ana, m, pickOf(t, m, "lst-8f2c"), "")
					m = r.sees(ana, incident, "1 thing to fix", "No server called", render.ActFixPick+"1")
				}
				want := "lst-8f2c"
				if strings.Contains(text, "wbe") {
					want = "web-07"
				}
				r.clicks(ana, m, pickOf(t, m, want), "")
				preview := r.sees(ana, incident, "Preview", render.ActReqSend, "web-07")
				require.Equal(t, m.TS, preview.TS, "in place of the suggestions")
				r.idle()
				drafts := r.shelf.inState(operation.Draft)
				require.Len(t, drafts, 1)
				require.Equal(t, "lst-8f2c", drafts[0].Request.ListenerID)
				require.Equal(t, 20, drafts[0].Request.Weight, "the rest is as typed")
				require.Empty(t, r.shelf.inState(operation.Accepted))
				require.Empty(t, r.starts.started())
				r.calm()
			})
		}
	}
}

// pickOf is the action of the button with these words.
func pickOf(t *testing.T, m sandbox.Message, words string) string {
	t.Helper()
	for _, b := range buttonsOf(t, m.Blocks) {
		if strings.HasPrefix(b.ActionID, render.ActFixPick) && strings.Contains(b.Text.Text, words) {
			return b.ActionID
		}
	}
	require.FailNow(t, "no button with "+words)
	return ""
}

func TestAPickThatMayNotBeUsedSaysWhy(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "lst-8f2c wbe-07")
	m := r.sees(ana, incident, render.ActFixPick+"1")
	action := pickOf(t, m, "web-07")

	r.gate.deny(operation.DeniedNoRule)
	r.clicks(ana, m, action, "")
	r.sees(ana, incident, "You may not add servers")
	r.gate.deny("")

	r.shelf.hook(failing("KeptChoices"))
	r.clicks(ana, m, action, "")
	r.sees(ana, incident, "cannot store requests")
	r.shelf.hook(nil)

	r.idle()
	r.shelf.mu.Lock()
	for key, kept := range r.shelf.kept {
		r.shelf.kept[key] = [2]string{teamID + "/" + bo, kept[1]}
	}
	r.shelf.mu.Unlock()
	r.clicks(ana, m, action, "")
	r.sees(ana, incident, "belongs to someone else")
	require.Contains(t, r.shelf.denials(), string(operation.DeniedNotRequester), "it is in the audit trail")

	r.idle()
	r.shelf.mu.Lock()
	clear(r.shelf.kept)
	r.shelf.mu.Unlock()
	r.clicks(ana, m, action, "")
	r.sees(ana, incident, "This has expired")
	r.idle()
	require.Empty(t, r.shelf.inState(operation.Draft))
	r.calm()
}

func TestSuggestionsThatCannotBeKeptAreShownWithoutButtons(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.shelf.hook(failing("KeepChoices"))
	r.types(ana, incident, "lst-8f2c wbe-07")
	m := r.sees(ana, incident, "Closest:", "web-07", render.ActFixOpenForm)
	require.False(t, has(m, render.ActFixPick))
	r.types(ana, incident, "whoami why lst-8f2d")
	require.False(t, has(r.sees(ana, incident, "No listener called"), render.ActFixPick), "a question adds nothing")
	r.calm()
}

func TestVerbsThatItDoesNotHaveGetNoForm(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "drain web-07")
	m := r.sees(ana, incident, "This version cannot drain", "I can add a server", "listener=drain")
	require.False(t, has(m, render.ActFixOpenForm))
	r.calm()
}

func TestTheFormOfANameThatIsNotExactBeginsWithAllThatFits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ listeners, servers []string }{
		"https-443 web-0": {[]string{"lst-8f2c", "lst-44fa"},
			[]string{"i-5593", "i-5594", "i-5595", "i-55a0", "i-55a1", "i-55a8", "i-55a9"}},
		"htps-443 wbe-07": {[]string{"lst-8f2c"}, []string{"i-55a1"}}, // the closest
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := openListed(t, sampleLists())
			r.types(ana, incident, text)
			r.clicks(ana, r.sees(ana, incident, "2 things to fix"), render.ActFixOpenForm, "")
			v := r.view(ana, form.Title)
			require.Contains(t, string(v.Blocks), `"min_query_length":0`)
			require.NotContains(t, string(v.Blocks), `"field_server"`)
			require.ElementsMatch(t, want.listeners, values(r.offers(ana, v, pickListener, "")))
			require.ElementsMatch(t, want.servers, values(r.offers(ana, v, pickServer, "")))
			require.Equal(t, []string{"i-5593"}, values(r.offers(ana, v, pickServer, "web-03")),
				"typing searches as ever")
			require.NotEmpty(t, r.offers(ana, v, pickServer, "w"), "also one letter")
			require.Empty(t, r.shelf.inState(operation.Accepted))
			r.calm()
		})
	}
}

func TestSuggestionsAreListenersThatThePersonMayChange(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]struct {
		closed        []string
		words         []string
		offer, hidden []string
	}{
		"https-443 web-07": {[]string{"lst-44fa"},
			[]string{`matches 2 listeners. You may change api-lb/https-443 (lst-8f2c).`},
			[]string{"lst-8f2c"}, []string{"lst-44fa"}},
		"htps-443 web-07": {[]string{"lst-8f2c"}, []string{"Closest: ", "lst-44fa"},
			[]string{"lst-44fa"}, []string{"lst-8f2c"}},
		"payments-lb web-07": {[]string{"lst-44fa"},
			[]string{`is a load balancer. You may change none of its listeners`},
			nil, []string{"lst-44fa"}},
	} {
		t.Run(typed, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.gate.closed = want.closed
			r.types(ana, incident, typed)
			m := r.sees(ana, incident, want.words...)
			for _, id := range want.offer {
				pickOf(t, m, id)
			}
			for _, id := range want.hidden {
				require.NotContains(t, string(m.Blocks), id)
			}
			r.calm()
		})
	}
}

func TestWhereThePolicyCannotBeAskedAllSuggestionsAreButtons(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.gate.closed, r.gate.blind = []string{"lst-44fa"}, true
	r.types(ana, incident, "https-443 web-07")
	m := r.sees(ana, incident, "matches 2 listeners. Use the ID of one")
	pickOf(t, m, "lst-8f2c")
	pickOf(t, m, "lst-44fa")
}

func TestTheFieldsOfTheFormNameWhatMayHaveBeenMeant(t *testing.T) {
	t.Parallel()
	r := open(t, func(c *Config) { c.Confirm, c.Intake.Settings.Confirm = intake.ConfirmNever, intake.ConfirmNever })
	r.types(ana, incident, "")
	in := r.acked(r.submits(ana, r.view(ana, form.Title),
		filled(map[string]string{"listener": "https-443", "server": "wbe-07"})))
	listener := in.Errors[render.FieldBlockID(commands.KeyListener)]
	require.Contains(t, listener, `"https-443" matches 2 listeners`)
	require.Contains(t, listener, "api-lb/https-443 (lst-8f2c)")
	require.Contains(t, listener, "(lst-44fa)")
	server := in.Errors[render.FieldBlockID(commands.KeyServer)]
	require.Contains(t, server, `No server called "wbe-07". Closest: `)
	require.Contains(t, server, "web-07 (i-55a1)")
	require.Empty(t, r.shelf.inState(operation.Draft))
	require.Empty(t, r.shelf.inState(operation.Accepted))
	r.calm()
}

func TestAnIDThatWasPickedIsTakenForNoName(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.offers(ana, v, pickListener, "")
	r.offers(ana, v, pickServer, "web-07")
	r.cloud.RemoveListener("lst-8f2c")
	r.cloud.AddListener(zenlayer.Listener{ListenerID: "lst-new", Name: "lst-8f2c", LoadBalancerID: "lb-31aa"})
	r.cloud.RemoveInstance("i-55a1")
	r.cloud.AddInstance(zenlayer.Instance{ID: "i-new", Name: "i-55a1", Type: zenlayer.InstanceBM})
	in := r.acked(r.submits(ana, v, picked("lst-8f2c", "i-55a1", nil)))
	require.Contains(t, in.Errors[pickListener], `No listener called "lst-8f2c"`)
	require.Contains(t, in.Errors[pickServer], `No server called "i-55a1"`)
	require.Empty(t, r.shelf.inState(operation.Draft))
	r.calm()
}

func TestIDsThatACommandUnderstandsOtherwiseAreNotOffered(t *testing.T) {
	t.Parallel()
	require.Nil(t, form.ListenerOption(operation.Listener{ID: "lst—1", Name: "https-443"}))
	require.Nil(t, form.ServerOption(operation.Server{ID: "i 1", Name: "web-07"}))
	require.NotNil(t, form.ListenerOption(operation.Listener{ID: "lst-1", Name: "https—443"}))
}
