package slackapp

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// hostile are values that try to be more than text.
func hostile() map[string]string {
	return map[string]string{
		"everybody":    "<!channel> <!here> <!everyone>",
		"a person":     "<@U0VICTIM>",
		"a group":      "<!subteam^S0VICTIM>",
		"a channel":    "<#C0VICTIM|ops>",
		"a link":       "<https://evil.example|api-lb>",
		"an escape":    "&lt;!channel&gt;",
		"a date":       "<!date^0^{date}|now>",
		"backticks":    "`x` ```y``` ``",
		"bold":         "*Added* _done_ ~gone~",
		"an emoji":     ":white_check_mark: :100:",
		"bidi":         "web\u202e70\u202c \u2066x\u2069 \u200f",
		"invisible":    "web\u200b-\ufeff07\u00ad\U000e0041",
		"control":      "a\x00b\x1bc\rd\ne\tf\u2028g\u0085h",
		"quote":        "> quoted",
		"broken utf-8": "a\xff\xfe",
		"brackets":     "<<<>>>&&&",
		"very long":    strings.Repeat("界<&`*_:", 2_000),
		"blank":        " \u3000\t ",
	}
}

// hostileOperation has one value wherever a person or Zenlayer may put one.
func hostileOperation(s string, state operation.State, reason operation.Reason) operation.Operation {
	op := examples.Sample(examples.InState(state))
	op.Reason, op.Purpose, op.Notes, op.Policies, op.Command = reason, s, []string{s, s}, []string{s, s}, s
	op.PolicyDigest = s
	op.Request.ListenerID, op.Request.BackendName, op.Request.InstanceID, op.Request.ClientToken = s, s, s, s
	op.Listener = operation.Listener{ID: s, Name: s, Protocol: s, Port: s, Scheduler: s, Kind: s, Status: s,
		LoadBalancerID: s, LoadBalancerName: s, LoadBalancerStatus: s, Zone: s, Servers: 3, Protected: true}
	op.Server = operation.Server{ID: s, Name: s, IP: s, Zone: "elsewhere " + s, Status: s}
	op.There = []operation.Entry{{BackendID: s, Ports: s}, {BackendID: s}}
	op.Moved = []operation.Difference{{Code: operation.DifferenceCode(s)},
		{Code: operation.DiffSettings, From: s, To: s}, {Code: operation.DiffServer, To: s},
		{Code: operation.DiffName, From: s, To: s}}
	op.Actor.Name, op.Place.ChannelName = s, s
	f := operation.Fault{Code: s, Status: 400, Message: s, RequestID: s}
	op.Attempts = []operation.Attempt{{Number: 1, SentAt: examples.Moment(19, 14, 22),
		AnsweredAt: examples.Moment(19, 14, 37),
		Outcome:    operation.OutcomeUnknown, Fault: f}}
	op.Fault, op.Unread, op.LookFault, op.Matches = f, f, s, []string{s, s}
	op.PoolFault, op.Unsearched = f, f
	op.BackendID, op.RequestID, op.BackendStatus, op.StatusAt, op.FinishedAt = s, s, s, examples.Moment(19, 15, 0),
		examples.Moment(19, 15, 0)
	op.StopBy, op.AnswerBy, op.Answer, op.Mismatch = s, s, operation.AnswerNotThere, true
	op.Denial = &operation.Decision{Code: operation.DeniedUnchecked, What: operation.Fact(s)}
	return op
}

// hostileMessages are all messages that show s.
func hostileMessages(s string) map[string]render.Message {
	w := fixedWording()
	w.Bot, w.At, w.Refused, w.Replaces, w.Late = s, examples.Moment(19, 30, 0), "C0INC1234", true, time.Hour
	all := map[string]render.Message{}
	for _, state := range []operation.State{operation.Draft, operation.Accepted, operation.Sending,
		operation.Unconfirmed,
		operation.NeedsPerson, operation.Done, operation.NothingToDo} {
		all["card "+string(state)] = card.Of(hostileOperation(s, state, ""), w)
	}
	for _, op := range examples.Endings() {
		all["not added "+string(op.Reason)] = card.Of(hostileOperation(s, operation.NotDone, op.Reason), w)
	}
	for name, d := range examples.Denials() {
		d.What, d.Reason, d.Contact = operation.Fact(s), s, s
		d.Policies, d.Groups, d.In = []string{s, s}, []string{s, s}, []string{s}
		d.Clauses, d.MoreClauses = hostileClauses(s), 3
		people := &operation.People{IDs: []string{s, s, s}, Shown: []string{s}, Groups: []string{s}}
		all["denied "+name] = private.Denied(&intake.DeniedError{Decision: d,
			Operation: hostileOperation(s, operation.Draft, ""), Can: people}, w)
		unnamed := &operation.People{IDs: []string{s}, Groups: []string{s}}
		all["denied in a group "+name] = private.Denied(
			&intake.DeniedError{Decision: d, Operation: hostileOperation(s, operation.Draft, ""), Can: unnamed}, w)
	}
	for name, v := range examples.HistoryPages() {
		v.Entries = nil
		for _, e := range examples.Pasts() {
			e.Operation = hostileOperation(s, e.Operation.State, e.Operation.Reason)
			if e.Denial != nil {
				e.Denial = &operation.Event{Data: map[string]string{"code": s, "policy_1": s}}
			}
			v.Entries = append(v.Entries, e)
		}
		v.Listener, v.By.Name = operation.Listener{ID: s, Name: s, LoadBalancerName: s}, s
		all["history "+name] = private.History(v)
	}
	for name, a := range examples.Accounts() {
		a.Listener, a.Server = operation.Listener{ID: s, Name: s, LoadBalancerName: s}, operation.Server{ID: s, Name: s}
		a.Standing.Policy, a.Standing.Groups, a.Decision.Reason = s, []operation.Group{{ID: s}}, s
		a.Decision.Policies, a.Decision.Groups, a.Decision.In = []string{s}, []string{s}, []string{s}
		for i := range a.Rules {
			a.Rules[i].ID, a.Rules[i].Clauses = s, hostileClauses(s)
		}
		a.Can, a.Approve = &operation.People{IDs: []string{s}, Shown: []string{s}},
			&operation.People{IDs: []string{s}, Groups: []string{s}}
		all["account "+name] = private.Account(a, w)
	}
	maps.Copy(all, hostileReading(s, w))
	op := hostileOperation(s, operation.Done, "")
	for name, m := range map[string]render.Message{
		"busy": private.Busy(&operation.BusyError{Operation: op}, s, operation.Actor{}), "expired": private.Expired(op),
		"stale":     private.Stale(op, s),
		"duplicate": private.Duplicate(op, s), "cancelled": private.Cancelled(op), "fault": private.Fault(s, w, true),
		"copy": private.Copy(op),
		"present": private.Present(&intake.PresentError{Operation: op,
			Backend: zenlayer.Backend{BackendID: s, Port: s}}),
		"same": private.Present(&intake.PresentError{Operation: op, Backend: zenlayer.Backend{BackendID: s},
			Same: true}),
		"unavailable": private.Unavailable(&intake.UnavailableError{What: s, Fault: op.Fault}, w, false),
		"uncertain":   private.Uncertain(&intake.UncertainError{Ref: s}),
		"why":         private.Why(op), "zeno": private.Zeno(op), "details": private.Details(op),
		"owner": card.OwnerNotice(op, w), "moved": card.MovedNotice(op, w),
		"unknown": private.UnknownRef(s), "channel": private.ChannelRefused(s, "not_in_channel", w),
		"help":  private.Help(commands.HelpPage{Title: s, Lines: []string{s, commands.Name + " " + s + "  " + s}}),
		"input": private.InputErrors(&commands.InputError{Problems: manyProblems(s), Corrected: s}, "k1", "o1"),
		"status": private.Status(op, []operation.Event{{Kind: s, ActorID: s, Data: map[string]string{"code": s}},
			{Kind: s}}, s),
		"whoami": private.Whoami(operation.Standing{Person: operation.Person{ID: s},
			Workspace: operation.Workspace{TeamID: s}, Channel: operation.Channel{ID: s},
			Groups: []operation.Group{{ID: s, Handle: s}}, Rules: []string{s, s}, Policy: s,
			Refusal: operation.Decision{Code: operation.DeniedUnchecked, What: operation.Fact(s)}},
			[]intake.LimitLeft{{Of: operation.LimitPerson, In: time.Minute}}, w),
	} {
		all[name] = m
	}
	return all
}

func hostileClauses(s string) []operation.Clause {
	var list []operation.Clause
	for _, form := range []string{"%s", "unless %s", `principal in Usergroup::"%s"`, `principal == Person::"%s"`,
		`context.channel.id == "%s"`, `resource == Listener::"%s"`, "context.weight <= %s"} {
		list = append(list, operation.Clause{Policy: s, Text: fmt.Sprintf(form, s)})
	}
	return list
}

func manyProblems(s string) []commands.Problem {
	list := make([]commands.Problem, 40)
	for i := range list {
		list[i] = commands.Problem{Field: commands.KeyPorts, Given: s, Text: s}
	}
	return list
}

// markup is every <…> that may stand in our messages.
var markup = regexp.MustCompile(
	`^(@U0(ANA|BO)|#C0(INC1234|OWNERS|OPS)|!date\^-?\d+\^(\{date_short_pretty\} )?\{time(_secs)?\}\|[0-9: -]+UTC)$`)

// requireInert fails when text has markup that is not ours.
func requireInert(t *testing.T, where, text string) {
	t.Helper()
	require.True(t, utf8.ValidString(text), where)
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r) {
			t.Fatalf("%s has %U", where, r)
		}
	}
	for _, piece := range strings.Split(text, "<")[1:] {
		inside, _, closed := strings.Cut(piece, ">")
		require.True(t, closed && markup.MatchString(inside), "%s has markup <%s", where, render.Clamp(inside, 60))
	}
	require.Zero(t, strings.Count(text, "`")%2, "%s leaves a code span open: %s", where, render.Clamp(text, 200))
	outside := codeSpans.ReplaceAllString(text, "")
	require.NotRegexp(t, `:[a-z_0-9]+:`, clockTimes.ReplaceAllString(outside, ""), where)
	for _, forged := range []string{"*Added* _done_", "~gone~", "_done_"} {
		require.NotContains(t, outside, forged, where)
	}
}

var (
	codeSpans  = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	clockTimes = regexp.MustCompile(`\d\d:\d\d:\d\d`)
)

func TestNothingAPersonOrZenlayerWroteBecomesMarkup(t *testing.T) {
	t.Parallel()
	attacks := hostile()
	maps.Copy(attacks, longest())
	for attack, s := range attacks {
		t.Run(attack, func(t *testing.T) {
			t.Parallel()
			for name, m := range hostileMessages(s) {
				requireMessage(t, m)
				requireInert(t, name+" text", m.Text)
				requireInertBlocks(t, name, encode(t, m.Blocks))
			}
		})
	}
}

func requireInertBlocks(t *testing.T, name string, raw []byte) {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(raw, &tree))
	walk(tree, func(o map[string]any) {
		text, _ := o["text"].(string)
		switch o["type"] {
		case "mrkdwn":
			require.Equal(t, true, o["verbatim"], "%s: Slack would link what looks like a mention", name)
			requireInert(t, name, text)
		case "plain_text":
			require.NotContains(t, text, "<", name)
			require.Equal(t, false, o["emoji"], name)
		}
		if label, ok := o["accessibility_label"].(string); ok {
			require.NotContains(t, label, "<", name)
		}
	})
}

func TestViewsStayValidAndInertWithHostileValues(t *testing.T) {
	t.Parallel()
	for attack, s := range hostile() {
		t.Run(attack, func(t *testing.T) {
			t.Parallel()
			values := commands.Values{}
			for _, f := range commands.RegisterFields() {
				values[f.Key] = s
			}
			for name, v := range map[string]slack.ModalViewRequest{
				"form":   form.Register(hostileForm(s, values)),
				"picked": form.Register(hostilePick(s, values)), "failed": form.FailedView(form.Title, s),
				"preview": private.PreviewView(hostileOperation(s, operation.Draft, ""), fixedWording()),
			} {
				requireView(t, v)
				requireInertBlocks(t, name, encode(t, v.Blocks))
			}
			for _, text := range hostileForm(s, values).Errors(&commands.InputError{Problems: manyProblems(s)}) {
				require.Less(t, len([]rune(text)), 150)
			}
		})
	}
}

// hostileForm is the typed form, and hostilePick the one with lists, with text
// that somebody chose with care.
func hostileForm(s string, values commands.Values) form.State {
	f := form.New(s, values, []string{s, s})
	f.Alert = s
	f.TypeIDs()
	return f
}

func hostilePick(s string, values commands.Values) form.State {
	f := form.New(s, values, []string{s, s})
	l := hostileOperation(s, operation.Draft, "").Listener
	f.Pick(commands.KeyListener, form.ListenerOption(l))
	f.Pick(commands.KeyServer, form.ServerOption(hostileOperation(s, operation.Draft, "").Server))
	f.About = &form.About{Listener: l, Read: true, Pool: []zenlayer.Backend{{Port: s, Weight: 5}, {Port: s + "1"}}}
	return f
}

// Line 2 of the script's tests.
func TestEveryCardIsValidWithTheLongestNames(t *testing.T) {
	t.Parallel()
	editions := map[string]examples.Names{"longest": examples.Longest(), "Chinese": examples.Chinese(),
		"hostile":   examples.Everywhere(strings.Join(slices.Sorted(maps.Values(hostile())), " ")),
		"to escape": examples.Everywhere(longest()["300 characters to escape"])}
	for edition, n := range editions {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			for _, m := range examples.Messages(n) {
				requireMessage(t, m)
			}
			for _, v := range examples.Views(n) {
				requireView(t, v)
			}
			for name, v := range examples.Homes(n) {
				require.Empty(t, blockkit.ValidateView(encode(t, v)), name)
			}
			for name, v := range examples.Options(n) {
				_, err := blockkit.Suggestions(encode(t, v))
				require.NoError(t, err, name)
			}
		})
	}
}

// So that no example forgets to take the names that it is given.
func TestEveryCardTakesTheNamesGiven(t *testing.T) {
	t.Parallel()
	for name, m := range examples.Messages(examples.Longest()) {
		if !strings.HasPrefix(name, "help") { // its examples are the same for everybody
			requireNames(t, name, encode(t, m.Blocks))
		}
	}
	for name, v := range examples.Views(examples.Longest()) {
		requireNames(t, name, encode(t, v.Blocks))
	}
	for name, v := range examples.Homes(examples.Longest()) {
		requireNames(t, name, encode(t, v.Blocks))
	}
}

// requireNames fails when blocks have a name of the samples.
func requireNames(t *testing.T, name string, raw []byte) {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(raw, &tree))
	walk(tree, func(o map[string]any) {
		delete(o, "placeholder") // the same for everybody
		for _, key := range []string{"text", "value", "initial_value", "accessibility_label"} {
			s, _ := o[key].(string)
			require.NotRegexp(t, `web-07|api-lb|https-443|lst-8f2c|i-55a1|be-20d1`, s, name)
		}
	})
}

// longest are texts of the length of names and reasons.
func longest() map[string]string {
	return map[string]string{
		"64 Chinese characters":     strings.Repeat("负载均衡", 16),
		"64 characters to escape":   strings.Repeat("&", 64),
		"64 letters":                strings.Repeat("w", 64),
		"300 characters":            strings.Repeat("容量 ", 100),
		"300 characters to escape":  strings.Repeat("<", 300),
		"300 formatting characters": strings.Repeat("*`", 150),
	}
}

func TestTheLongestReasonAndAllPortsAreShownWhole(t *testing.T) {
	t.Parallel()
	full := examples.Draft(func(op *operation.Operation) {
		op.Purpose = strings.Repeat("容", 300)
		op.Request.PortList = nil
		for p := range 20 {
			op.Request.PortList = append(op.Request.PortList, 65000+p)
		}
	})
	m := private.Preview(full, fixedWording())
	requireMessage(t, m)
	require.Contains(t, shownText(t, m), "65000, 65001")
	require.Contains(t, shownText(t, m), "65019, weight 50", "no port is cut off")
	require.Contains(t, shownText(t, m), full.Purpose, "a reason of the longest length is shown whole")
}

func TestValuesKeepWhatCanBeCopied(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"web-07": "web-07", "web_07": "web_07", "api.lb": "api.lb", "负载": "负载", " a \n b ": "a b",
		"*x*": "`*x*`", "_x_": "`_x_`", "a`b": "`a'b`", "<!here>": "`&lt;!here&gt;`", ":up:": "`:up:`",
		"":            render.WordNone,
		"2001:db8::1": "`2001:db8::1`",
	} {
		require.Equal(t, want, render.Name(in), in)
	}
	require.Equal(t, "at 10:30:05 UTC, ꞉ab:30, 1꞉100:2", render.Prose("at 10:30:05 UTC, :ab:30, 1:100:2", 100))
	require.Equal(t, "it ∗is∗ ˍhereˍ ꞉up: at 10:30, web_07 &lt;x&gt;",
		render.Prose("it *is* _here_ :up: at 10:30, web_07 <x>", 100))
	require.Equal(t, "‹x›", render.BareName("a <x>")[2:])
	require.Equal(t, render.WordNone, render.BareName("\u200b"))
}

func TestOurOwnMarkupReadsAsWordsWhereThereIsNone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"next one at " + render.Clock(examples.Moment(19, 24, 0)) + ".": "next one at 19:24:00 UTC.",
		"by <@U0ANA> in <#C0OPS>":             "by someone in #C0OPS",
		"ask " + render.GroupMention("S0SRE"): "ask @S0SRE",
		"R&amp;D says &lt;x&gt;":              "R&D says ‹x›",
		"5 < 6":                               "5 ‹ 6",
		"&amp;lt;":                            "&lt;",
	} {
		require.Equal(t, want, render.Bare(in))
	}
	for name, d := range examples.Denials() {
		m := private.Denied(&intake.DeniedError{Decision: d, Operation: examples.Sample()}, fixedWording())
		require.NotContains(t, render.Bare(m.Text), "‹", name)
		requireInertBlocks(t, name, encode(t, form.FailedView(form.Title, m.Text).Blocks))
	}
}

func TestCuttingLeavesNoHalves(t *testing.T) {
	t.Parallel()
	require.Equal(t, "abc", render.Clamp("abc", 3))
	require.Equal(t, "ab…", render.Clamp("abcd", 3))
	require.Equal(t, "界界…", render.Clamp("界界界界", 3))
	for _, s := range []string{strings.Repeat("&amp;", 20), strings.Repeat("<@U0ANA> ", 20),
		strings.Repeat("`code` ", 20), "```" + strings.Repeat("x", 100) + "```"} {
		for limit := 10; limit < 60; limit++ {
			cut := render.ClampMarkup(s, limit)
			require.LessOrEqual(t, len([]rune(cut)), limit)
			require.Equal(t, strings.Count(cut, "<"), strings.Count(cut, ">"), cut)
			require.Equal(t, strings.Count(cut, "&"), strings.Count(cut, ";"), cut)
			require.Zero(t, strings.Count(cut, "`")%2, cut)
		}
	}
}

func TestTimesReadInBothClocks(t *testing.T) {
	t.Parallel()
	at := examples.Moment(19, 14, 22)
	require.Equal(t, fmt.Sprintf("<!date^%d^{time_secs}|19:14:22 UTC> (19:14:22 UTC)", at.Unix()),
		render.ClockAndUTC(at))
	for d, want := range map[time.Duration]string{
		1800 * time.Millisecond: "1.8 s", 2 * time.Second: "2 s", 52 * time.Second: "52 s", 7 * time.Minute: "7 min",
		3 * time.Hour: "3 h", -time.Second: "0 s",
	} {
		require.Equal(t, want, render.Lasting(d))
	}
}

func TestNoOperationFieldIsForgottenByTheHostileTable(t *testing.T) {
	t.Parallel()
	// A new text field of an operation must be added to hostileOperation, or
	// this list, with the reason why it is never shown.
	unshown := map[string]string{"ID": "ours", "Ref": "ours", "State": "ours", "Reason": "ours", "Change": "ours",
		"Undoes": "ours", "Account": "never shown", "Evidence": "ours", "WaitFor": "ours"}
	v := reflect.ValueOf(hostileOperation("hostile", operation.Done, ""))
	for _, f := range reflect.VisibleFields(v.Type()) { // those of embedded groups, too
		if f.Type.Kind() == reflect.String && unshown[f.Name] == "" {
			require.Contains(t, []string{"hostile", operation.AnswerNotThere}, v.FieldByIndex(f.Index).String(), f.Name)
		}
	}
}
