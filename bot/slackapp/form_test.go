package slackapp

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
	"lbbot/zenlayer/zenlayertest"
)

func TestAnOperationIsAcceptedBeforeTheFormCloses(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	hook, entered, release := gated("Accept")
	r.shelf.hook(hook)
	done := make(chan sandbox.Interaction, 1)
	go func() { done <- r.submits(ana, v, nil) }()
	<-entered
	require.NotEmpty(t, r.slack.Views(ana), "the commit is not done: nothing says accepted")
	require.Empty(t, r.starts.started())
	close(release)
	r.acked(<-done)
	require.Empty(t, r.slack.Views(ana))
	require.Len(t, r.shelf.inState(operation.Accepted), 1)
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestACommitThatIsNotAnsweredNeverClosesTheForm(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	hook, _, _ := gated("Accept")
	r.shelf.hook(hook) // until its time is over
	r.acked(r.submits(ana, v, nil))
	view := r.view(ana, private.ViewCheckTitle)
	require.Contains(t, string(view.Blocks), "could not find out whether")
	require.NotEmpty(t, view.Submit, "the same button can be pressed again")
	r.idle()
	require.Empty(t, r.starts.started())

	r.shelf.hook(nil)
	r.acked(r.submits(ana, view, nil))
	require.Empty(t, r.slack.Views(ana))
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestAJournalThatFailsKeepsTheFormOpenWithWords(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	r.shelf.hook(failing("Accept", "Save", "SaveDraft"))
	r.acked(r.submits(ana, v, nil))
	view := r.view(ana, private.ViewCheckTitle)
	require.Contains(t, string(view.Blocks), "cannot store requests")
	require.NotEmpty(t, view.Submit)
	require.Empty(t, r.shelf.inState(operation.Accepted))
	require.Empty(t, r.starts.started())
	r.calm()
}

func TestASlowCommitIsTurnedIntoTheWaitingScreenAndThenTheOutcome(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	hook, entered, release := gated("Operation")
	r.shelf.hook(hook)
	done := make(chan sandbox.Interaction, 1)
	go func() { done <- r.submits(ana, v, nil) }()
	<-entered
	r.acked(<-done)
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…", "nothing says accepted")
	require.Empty(t, r.shelf.inState(operation.Accepted))
	close(release)
	r.until("the outcome is shown", func() bool {
		views := r.slack.Views(ana)
		return len(views) > 0 && has(sandbox.Message{Blocks: views[len(views)-1].Blocks}, render.FirstAsked, "LBR-")
	})
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestTheFormOpensWhileTheCloudHangs(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Hang, Times: -1})
	r.types(ana, incident, "")
	v := r.view(ana, form.Title)
	require.Empty(t, r.cloud.Calls(), "nothing is looked up before")
	for _, call := range r.slack.APICalls() {
		require.NotContains(t, []string{"users.info", "conversations.info"}, call.Method)
	}

	in := r.acked(r.submits(ana, v, goodForm()))
	require.Less(t, in.AckAfter, 3*time.Second)
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…")
	r.cloud.ClearFaults()
	r.cloud.ReleaseHangs()
	r.until("the check ends in words or in the preview", func() bool {
		views := r.slack.Views(ana)
		return !has(sandbox.Message{Blocks: views[len(views)-1].Blocks}, "Checking…")
	})
	r.calm()
}

// slowCloud makes the next question to the cloud wait for release.
func (r *rig) slowCloud() (entered, release chan struct{}) {
	entered, release = make(chan struct{}, 16), make(chan struct{})
	r.cloud.SetOnCall(func(_ zenlayertest.Call, p zenlayertest.Phase) {
		if p == zenlayertest.BeforeExecute {
			entered <- struct{}{}
			<-release
		}
	})
	return entered, release
}

func TestASlowCheckTurnsToTheWaitingScreenAndThenToThePreview(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, release := r.slowCloud()
	r.types(ana, incident, "")
	in := r.acked(r.submits(ana, r.view(ana, form.Title), goodForm()))
	require.Less(t, in.AckAfter, 3*time.Second)
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…")
	close(release)
	v := r.view(ana, private.ViewCheckTitle)
	r.acked(r.submits(ana, v, nil))
	require.Empty(t, r.slack.Views(ana))
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestASlowCheckWhoseScreenWasClosedEndsInAPrivateMessage(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, release := r.slowCloud()
	r.types(ana, incident, "")
	r.acked(r.submits(ana, r.view(ana, form.Title), goodForm()))
	r.slack.CloseView(t.Context(), ana, r.view(ana, form.Title).ID, true)
	close(release)
	m := r.sees(ana, incident, "Preview", "web-07")
	require.True(t, m.Ephemeral)
	r.clicks(ana, m, "req_send", "")
	r.idle()
	require.Len(t, r.starts.started(), 1)
	public, _ := r.said(ana, incident)
	require.Empty(t, public)
	r.calm()
}

func TestAResponseURLThatAnswersWithoutABodyShowsThePreviewOnce(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.slack.FailNext("response_url", sandbox.APIFault{NoBody: true, Times: -1})
	_, release := r.slowCloud()
	r.types(ana, incident, goodCommand)
	close(release)
	r.sees(ana, incident, "Preview")
	r.idle()
	_, answers := r.said(ana, incident)
	require.Len(t, answers, 2)
	require.Equal(t, private.StillChecking, answers[0].Text)
	require.Contains(t, answers[1].Text, "Preview")
	require.Empty(t, r.slack.Messages("D0ANA", ana))
	r.calm()
}

func TestASlowCheckThatFailsGivesTheFormBackAsItWas(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, release := r.slowCloud()
	r.types(ana, incident, "")
	r.acked(r.submits(ana, r.view(ana, form.Title),
		filled(map[string]string{"listener": "lst-8f2c", "server": "wbe-07", "reason": "kept words"})))
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…")
	close(release)
	r.until("the form is back", func() bool {
		views := r.slack.Views(ana)
		return has(sandbox.Message{Blocks: views[len(views)-1].Blocks}, "wbe-07", "kept words", "alert")
	})
	r.calm()
}

// A view that is drawn again has no errors on its fields, so the banner has
// every one of them.
func TestTheFormsBannerSaysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, release := r.slowCloud()
	r.types(ana, incident, "")
	r.acked(r.submits(ana, r.view(ana, form.Title),
		filled(map[string]string{"listener": "nonsense", "server": "odd-one"})))
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…")
	close(release)
	r.until("the form is back", func() bool {
		views := r.slack.Views(ana)
		return has(sandbox.Message{Blocks: views[len(views)-1].Blocks}, "Not sent: 2 things to fix.",
			"Listener: No listener called", "Server: No server called", "odd-one")
	})
	r.calm()
}

func TestTheFormOpenedFromATypingMistakeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "lst-8f2c web-07 ports=80808 wieght=50")
	r.clicks(ana, r.sees(ana, incident, "fix_open_form"), render.ActFixOpenForm, "")
	v := r.view(ana, form.Title)
	require.True(t, has(sandbox.Message{Blocks: v.Blocks}, "Ports: ", "1 to 65535", "wieght", "lst-8f2c"),
		string(v.Blocks))
	r.calm()
}

func TestProblemsStandOnTheirFieldsAndTheInputIsKept(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	tests := map[string]struct {
		values map[string]string
		fields []string
	}{
		"bad ports": {map[string]string{"listener": "lst-8f2c", "server": "web-07", "ports": "80808"},
			[]string{commands.KeyPorts}},
		"a bad name": {map[string]string{"listener": "lst-8f2c", "server": "web-07", "name": "a b!"},
			[]string{commands.KeyName}},
		"two at once": {map[string]string{"listener": "lst-8f2c", "server": "web-07", "ports": "x",
			"name": "a b!"}, []string{commands.KeyPorts, commands.KeyName}},
		"no such listener": {map[string]string{"listener": "nonsense", "server": "web-07"},
			[]string{commands.KeyListener}},
		"no such server": {map[string]string{"listener": "lst-8f2c", "server": "nonsense"},
			[]string{commands.KeyServer}},
		"an archived place": {map[string]string{"listener": "lst-8f2c", "server": "web-07", "to": "C0OLD"},
			[]string{commands.KeyTo}},
		"a place without the bot": {map[string]string{"listener": "lst-8f2c", "server": "web-07", "to": "C0GENERAL"},
			[]string{commands.KeyTo}},
		"everything, in one round": {map[string]string{"listener": "nonsense", "server": "nonsense", "ports": "x",
			"name": "a b!", "to": "C0OLD"},
			[]string{commands.KeyListener, commands.KeyServer, commands.KeyPorts, commands.KeyName, commands.KeyTo}},
		"a taken name beside an unknown server and a bad port": {
			map[string]string{"listener": "lst-8f2c", "server": "nonsense", "ports": "80808", "name": "web-05",
				"to": "C0SECRET"},
			[]string{commands.KeyServer, commands.KeyPorts, commands.KeyName, commands.KeyTo}},
		"an unseen place": {map[string]string{"listener": "lst-8f2c", "server": "web-07", "to": "C0SECRET"},
			[]string{commands.KeyTo}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.types(ana, incident, "")
			v := r.view(ana, form.Title)
			in := r.acked(r.submits(ana, v, filled(tt.values)))
			require.Len(t, in.Errors, len(tt.fields), "%v", in.Errors)
			for _, key := range tt.fields {
				require.NotEmpty(t, in.Errors[render.FieldBlockID(key)])
			}
			require.Equal(t, v.ID, r.view(ana, form.Title).ID, "the form stays as it is")
			r.slack.CloseView(t.Context(), ana, v.ID, true)
		})
	}
	require.Empty(t, r.shelf.inState(operation.Draft))
	r.calm()
}

func TestFormTellsNoNamesOnAListenerToWhoMayDoNothingThere(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.gate.deny(operation.DeniedNoRule)
	r.types(ana, incident, "")
	in := r.acked(r.submits(ana, r.view(ana, form.Title),
		filled(map[string]string{"listener": "lst-8f2c", "server": "nonsense", "name": "web-05"})))
	require.Len(t, in.Errors, 1)
	require.NotEmpty(t, in.Errors[render.FieldBlockID(commands.KeyServer)])
}

func TestADenialIsSaidInTheForm(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.gate.deny(operation.DeniedNoRule)
	r.types(ana, incident, "")
	v := r.view(ana, form.Title)
	in := r.acked(r.submits(ana, v, goodForm()))
	require.NotEmpty(t, in.Errors[render.FieldBlockID(commands.KeyListener)])
	r.gate.deny("")
	r.acked(r.submits(ana, v, goodForm()))
	r.view(ana, private.ViewCheckTitle)

	r.gate.deny(operation.DeniedNoRule) // taken away between the screens
	r.acked(r.submits(ana, r.view(ana, private.ViewCheckTitle), nil))
	require.Contains(t, string(r.view(ana, private.ViewCheckTitle).Blocks), "may not add")
	require.Empty(t, r.starts.started())
	r.calm()
}

func TestTheChannelOfTheResultIsNotWhereTheRequestComesFrom(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	payload := map[string]any{"type": "view_submission", "user": map[string]any{"id": ana, "team_id": teamID},
		"team": map[string]any{"id": teamID},
		// opened nowhere
		"view": map[string]any{"id": "V1", "hash": "h", "callback_id": render.ViewForm, "private_metadata": "",
			"state": map[string]any{"values": map[string]any{
				"field_listener": map[string]any{"field_listener": map[string]any{"type": "plain_text_input",
					"value": "lst-8f2c"}},
				"field_server": map[string]any{"field_server": map[string]any{"type": "plain_text_input",
					"value": "web-07"}},
				"field_to": map[string]any{"field_to": map[string]any{"type": "conversations_select",
					"selected_conversation": incident}},
			}}}}
	answer, acked := r.slack.Deliver(t.Context(), "interactive", payload, true)
	require.True(t, acked)
	require.Contains(t, string(answer), `"errors"`)
	require.Empty(t, r.shelf.inState(operation.Draft))
}

func TestAnExpiredTriggerEndsInAButtonThatKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "lst-8f2c web-07 wieght=50 reason=kept")
	mistake := r.sees(ana, incident, "fix_open_form")
	r.slack.FailNext("views.open", sandbox.APIFault{Error: "expired_trigger_id"})
	r.clicks(ana, mistake, render.ActFixOpenForm, "")
	m := r.sees(ana, incident, "3 seconds", render.ActFormOpen)
	require.True(t, m.Ephemeral)
	r.clicks(ana, m, render.ActFormOpen, "")
	v := r.view(ana, form.Title)
	require.True(t, has(sandbox.Message{Blocks: v.Blocks}, "lst-8f2c", "web-07", "kept"))
	r.calm()
}

func TestARedeliveredRequestForTheFormSaysNothing(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	in := r.types(ana, incident, "")
	r.view(ana, form.Title)
	r.acked(r.slack.Redeliver(t.Context(), in, true))
	r.idle()
	_, answers := r.said(ana, incident)
	require.Empty(t, answers, "it is open already")
	require.Len(t, r.slack.Views(ana), 1)
}

func TestForgottenValuesOpenAnEmptyFormThatSaysSo(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "lst-8f2c web-07 wieght=50")
	m := r.sees(ana, incident, "fix_open_form")
	r.app.memory = memory.NewItems(r.app.Now, r.app.NewID) // as after a restart
	r.clicks(ana, m, render.ActFixOpenForm, "")
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "This has expired")
}

func TestASubmissionTakenTwiceClosesTwiceAndIsOneOperation(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	v := r.atPreview(ana, incident)
	in := r.acked(r.submits(ana, v, nil))
	r.slack.Redeliver(t.Context(), in, true)
	r.idle()
	require.Len(t, r.shelf.inState(operation.Accepted), 1)
	for _, id := range r.starts.started() {
		require.Equal(t, r.shelf.inState(operation.Accepted)[0].ID, id)
	}
}

func TestADryRunCannotBeSent(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, goodCommand+" dry-run")
	require.False(t, has(r.sees(ana, incident, "Dry run"), "req_send"))
	r.idle()
	draft := r.shelf.inState(operation.Draft)[0]
	_, acked := r.slack.Deliver(t.Context(), "interactive",
		clickPayload(ana, incident, render.ActReqSend, render.ButtonValue(draft)),
		false)
	require.True(t, acked)
	answer, acked := r.slack.Deliver(t.Context(), "interactive",
		map[string]any{"type": "view_submission", "user": map[string]any{"id": ana, "team_id": teamID},
			"view": map[string]any{"id": "V1", "hash": "h", "callback_id": render.ViewPreview,
				"private_metadata": render.ButtonValue(draft)}}, true)
	require.True(t, acked)
	require.NotContains(t, string(answer), "clear")
	r.idle()
	require.Empty(t, r.starts.started())
	require.Empty(t, r.shelf.inState(operation.Accepted))
}

func TestOnlyWhatWasTakenCountsAsMine(t *testing.T) {
	t.Parallel()
	d := delivery.Delivery{Actor: operation.Actor{UserID: ana, TeamID: teamID}}
	op := func(state operation.State, user string, dry bool) operation.Operation {
		return operation.Operation{ID: "x", State: state, Options: operation.Options{DryRun: dry},
			Actor: operation.Actor{UserID: user, TeamID: teamID}}
	}
	tests := map[string]struct {
		err  error
		mine bool
	}{
		"my own, sent before":       {&operation.StaleError{Operation: op(operation.Done, ana, false)}, true},
		"my own, the same delivery": {&operation.DuplicateError{Operation: op(operation.Accepted, ana, false)}, true},
		"somebody else's":           {&operation.StaleError{Operation: op(operation.Done, bo, false)}, false},
		"the delivery of another":   {&operation.DuplicateError{Operation: op(operation.Accepted, bo, false)}, false},
		"a dry run":                 {&operation.StaleError{Operation: op(operation.Draft, ana, true)}, false},
		"a draft":                   {&operation.StaleError{Operation: op(operation.Draft, ana, false)}, false},
		"expired":                   {&intake.ExpiredError{Operation: op(operation.Draft, ana, false)}, false},
		"nothing":                   {nil, false},
		"something else":            {errors.New("x"), false},
	}
	for name, tt := range tests {
		_, mine := alreadyMine(tt.err, d)
		require.Equal(t, tt.mine, mine, name)
	}
	_, mine := alreadyMine(&operation.StaleError{Operation: op(operation.Done, ana, false)},
		delivery.Delivery{Actor: operation.Actor{UserID: ana, TeamID: "T0PARTNER"}})
	require.False(t, mine, "the same id in another workspace is another person")
}
