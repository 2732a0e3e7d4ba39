package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// sent is the only removal that was accepted.
func (r *rig) sent() operation.Operation {
	r.t.Helper()
	r.idle()
	for _, state := range []operation.State{operation.Accepted, operation.Waiting} {
		for _, op := range r.shelf.inState(state) {
			if op.Change == operation.ChangeRemove {
				return op
			}
		}
	}
	require.Fail(r.t, "no removal was accepted")
	return operation.Operation{}
}

// added is an addition of ana's that is done, with its entry on the listener and its card.
func (r *rig) added(edit func(*operation.Operation)) (operation.Operation, sandbox.Message) {
	r.t.Helper()
	op, card := r.card(incident, operation.Done)
	b := r.cloud.AddBackend(zenlayer.Backend{ListenerID: op.Request.ListenerID, InstanceID: op.Request.InstanceID,
		Name: op.Request.BackendName, Port: "8443", Weight: op.Request.Weight, Status: "Available",
		InstanceType: op.Request.InstanceType})
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.BackendID, op.Evidence, op.FinishedAt = b.BackendID, operation.EvidenceAnswered, r.app.Now()
		if edit != nil {
			edit(op)
		}
	})
	op, err := r.shelf.Operation(r.t.Context(), op.ID)
	require.NoError(r.t, err)
	return op, card
}

func TestARemovalShowsItsPreviewWhateverTheSettings(t *testing.T) {
	t.Parallel()
	for _, confirm := range []intake.Confirm{intake.ConfirmAlways, intake.ConfirmProtected, intake.ConfirmNever} {
		for _, text := range []string{"remove api-lb/https-443 web-03", "rm https-443 i-5593",
			"remove api-lb:443 10.0.3.13", "remove api-lb:443 be-19c1",
			"delete web-03 from api-lb/https-443 ports=8080"} {
			t.Run(string(confirm)+" "+text, func(t *testing.T) {
				t.Parallel()
				r := open(t, func(c *Config) { c.Confirm, c.Intake.Settings.Confirm = confirm, confirm })
				r.types(ana, incident, text+` reason="disk full"`)
				if text == "rm https-443 i-5593" { // two listeners have the name
					m := r.sees(ana, incident, "matches 2 listeners")
					r.clicks(ana, m, pickOf(t, m, "lst-8f2c"), "")
				}
				m := r.sees(ana, incident, "Preview", "web-03", "be-19c1", "disk full")
				require.NotContains(t, string(m.Blocks), render.ActReqChange, "no form has a removal")
				r.clicks(ana, m, render.ActReqSend, "")
				op := r.sent()
				require.Equal(t, &operation.Target{BackendID: "be-19c1", Name: "web-03", Ports: "8080", Weight: 50,
					InstanceID: "i-5593"},
					op.Target)
				require.Equal(t, []any{"lst-8f2c", "i-5593", []int{8080}, 50}, []any{op.Request.ListenerID,
					op.Request.InstanceID, op.Request.PortList, op.Request.Weight})
				require.Equal(t, operation.ActionRemove, op.Action())
				require.Equal(t, []string{op.ID}, r.starts.started())
				c, err := commands.Parse(op.Command)
				require.NoError(t, err)
				require.Equal(t, commands.VerbRemove, c.Verb)
				require.Equal(t, "be-19c1", c.Values[commands.KeyServer], "the entry itself")
				r.calm()
			})
		}
	}
}

func TestAnAdditionIsTakenBackByItsButtonAndByCommand(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*rig, operation.Operation, sandbox.Message){
		"button": func(r *rig, op operation.Operation, card sandbox.Message) {
			r.slack.Deliver(r.t.Context(), "interactive", clickPayload(bo, card.ChannelID, render.ActUndoAsk,
				render.ButtonValue(op)), false)
		},
		"command": func(r *rig, op operation.Operation, _ sandbox.Message) { r.types(bo, incident, "undo "+op.Ref) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			of, card := r.added(nil)
			ask(r, of, card)
			m := r.sees(bo, incident, "Preview", of.Ref, of.BackendID, ana)
			r.clicks(bo, m, render.ActReqSend, "")
			op := r.sent()
			require.Equal(t, []any{of.ID, of.Ref, ana, bo}, []any{op.Undoes, op.Addition.Ref, op.Addition.By.UserID,
				op.Actor.UserID})
			require.Equal(t, operation.ActionUndo, op.Action())
			require.Equal(t, of.BackendID, op.Target.BackendID)
			require.Equal(t, "/lb-register undo "+of.Ref, op.Command)
			r.calm()
		})
	}
}

func TestAgainOpensTheFormWithTheValuesOfAnEarlierRequest(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]func(operation.Operation) string{
		"the last one": func(operation.Operation) string { return "again" },
		"its ID":       func(op operation.Operation) string { return "again " + op.Ref },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			op, _ := r.added(nil)
			r.types(ana, incident, text(op))
			v := r.view(ana, form.Title)
			require.Contains(t, string(v.Blocks), "api-lb/https-443")
			require.Contains(t, string(v.Blocks), "more room")
			r.calm()
		})
	}
}

// backend is an entry as the cloud has it.
func (r *rig) backend(id string) zenlayer.Backend {
	r.t.Helper()
	for _, b := range r.cloud.Backends() {
		if b.BackendID == id {
			return b
		}
	}
	require.Fail(r.t, "no backend "+id)
	return zenlayer.Backend{}
}

func TestARemovalIsAskedAboutExactlyOneEntry(t *testing.T) {
	t.Parallel()
	second := zenlayer.Backend{BackendID: "be-2222", ListenerID: "lst-8f2c", InstanceID: "i-5593", Name: "web-03-b",
		Port: "9090", Weight: 10, Status: "Available", InstanceType: zenlayer.InstanceBM}
	for text, want := range map[string]string{"remove lst-8f2c web-03": "", "remove lst-8f2c i-5593": "",
		"remove lst-8f2c 10.0.3.13": "", "remove lst-8f2c web-03-b": "be-2222", "remove lst-8f2c be-19c1": "be-19c1",
		"remove lst-8f2c i-5593 ports=9090": "be-2222"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.cloud.AddBackend(second)
			r.types(ana, incident, text)
			if want == "" {
				m := r.sees(ana, incident, "is on this listener 2 times", "be-19c1", "be-2222")
				require.Contains(t, string(m.Blocks), "press *Remove*", "the button that the preview will have")
				r.clicks(ana, m, pickOf(t, m, "9090"), "")
				want = "be-2222"
			}
			r.clicks(ana, r.sees(ana, incident, "Preview", want), render.ActReqSend, "")
			require.Equal(t, want, r.sent().Target.BackendID)
			r.calm()
		})
	}
}

func TestWhatCannotBeRemovedIsSaidWithTheNextStep(t *testing.T) {
	t.Parallel()
	for text, says := range map[string][]string{
		"remove lst-8f2c web-07":            {"is not on this listener"},
		"remove lst-8f2c wbe-03":            {"Closest", "web-03"},
		"remove lst-8f2c be-9999":           {"No server called", "be-9999"},
		"remove lst-0000 web-03":            {"No listener called"},
		"remove lst-8f2c i-5593 ports=9090": {"No entry", "exactly these ports", "be-19c1"},
		"remove lst-8f2c":                   {"Server is missing", "/lb-register remove listener=lst-8f2c server=?"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.types(ana, incident, text)
			m := r.sees(ana, incident, says...)
			require.NotContains(t, string(m.Blocks), render.ActFixOpenForm, "no form has a removal")
			r.idle()
			require.Empty(t, r.shelf.inState(operation.Draft))
			r.calm()
		})
	}
}

func TestPeopleWithoutARightOnTheListenerLearnNothingOfItsServers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"remove lst-8f2c wbe-03", "remove lst-8f2c web-0", "remove lst-8f2c web-03",
		"remove lst-8f2c web-07"} {
		r := open(t, nil)
		r.gate.closed = []string{"lst-8f2c"}
		r.types(ana, incident, text)
		m := r.sees(ana, incident, "Not sent")
		require.False(t, has(m, "be-19c1"), text)
		require.False(t, has(m, "Closest"), text)
		r.calm()
	}
	r := open(t, nil)
	r.types(ana, partner, "remove lst-8f2c wbe-03")
	require.False(t, has(r.sees(ana, partner, "Not sent"), "Closest"))
	require.Empty(t, r.cloud.Calls(), "nothing is looked up for strangers")
}

func TestARemovalCannotBreakTheGlass(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.app.Intake.Settings.Glass = 2
	r.types(ana, incident, "remove lst-8f2c i-5593")
	r.sees(ana, incident, "Preview", "be-19c1")
	op := r.draft()
	_, err := r.app.Intake.Break(t.Context(), intake.Click{OperationID: op.ID, Actor: op.Actor, Place: op.Place},
		intake.Justification{Why: "customers cannot pay, nobody answers", Incident: "inc-1", Responsible: true})
	var denied *intake.DeniedError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, operation.ActionBreakGlass, denied.Decision.Action)
	require.Len(t, r.shelf.inState(operation.Draft), 1)
}

func TestTryAgainIsAPreviewOfTheSameRemoval(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, `remove api-lb/https-443 web-03 reason="disk full"`)
	m := r.sees(ana, incident, "Preview", "be-19c1")
	r.clicks(ana, m, render.ActReqSend, "")
	op := r.sent()
	r.shelf.edit(op.ID, func(op *operation.Operation) {
		op.Version, op.State, op.Reason = op.Version+1, operation.NotDone, operation.ReasonUnreachable
	})
	for _, action := range []string{render.ActReqAgain, render.ActReqAgainForm, render.ActReqChange} {
		r.slack.Deliver(t.Context(), "interactive", clickPayload(ana, incident, action, render.ButtonValue(op)), false)
		r.idle()
	}
	drafts := r.shelf.inState(operation.Draft)
	require.Len(t, drafts, 3)
	for _, draft := range drafts {
		require.Equal(t, []any{op.Target, "disk full"}, []any{draft.Target, draft.Purpose})
	}
	require.Empty(t, r.slack.Views(ana), "no form")
	r.types(ana, incident, "again "+op.Ref)
	r.sees(ana, incident, "removed nothing", "/lb-register remove")
	r.shelf.edit(op.ID, func(op *operation.Operation) { op.State = operation.Done })
	r.types(ana, incident, "again "+op.Ref)
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "i-5593", "to add it again")
}
