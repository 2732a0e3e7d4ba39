package bot_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/audit"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// chaosPeople may all ask, in all channels.
var chaosPeople = [...]string{ana, "U0BO", "U0CH1", "U0CH2", "U0CH3", "U0CH4"}

// chaos is a house with many servers, in which people ask while things break.
type chaos struct {
	*house
	seed     uint64
	channels []string // where people ask

	mu      sync.Mutex
	clicked map[string]chaosAsk // by what is done and server id: what was sent
	typed   int
	next    int
}

// chaosAsk is one request of a person.
type chaosAsk struct {
	person, channel string
	preview         sandbox.Message
	removal         bool
	acked           bool
}

// chaosTime is how long the chaos lasts: LBBOT_CHAOS, or by the size of the run.
func chaosTime(t *testing.T) time.Duration {
	t.Helper()
	if given := os.Getenv("LBBOT_CHAOS"); given != "" {
		d, err := time.ParseDuration(given)
		require.NoError(t, err, "LBBOT_CHAOS")
		return d
	}
	return sized(3*time.Second, 5*time.Second, time.Minute)
}

// chaosSeed is LBBOT_CHAOS_SEED, or a new one; it is printed on failure.
func chaosSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("LBBOT_CHAOS_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, "LBBOT_CHAOS_SEED")
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("LBBOT_CHAOS_SEED=%d plays the same schedule", seed)
		}
	})
	return seed
}

// standChaos is stand with many servers and people.
func standChaos(t *testing.T, seed uint64, servers int, edit func(*bot.Config)) *chaos {
	t.Helper()
	c := &chaos{house: stand(t, edit), seed: seed, channels: []string{incident, ops}, clicked: map[string]chaosAsk{}}
	for i := range servers {
		c.cloud.AddInstance(zenlayer.Instance{ID: chaosID(i), Name: chaosName(i), Hostname: chaosName(i),
			ZoneID: "SIN1", Status: "RUNNING",
			Type: zenlayer.InstanceBM, PublicIPs: []string{}, PrivateIPs: []string{fmt.Sprintf("10.9.%d.%d", i/250,
				i%250+1)},
			ResourceGroupName: "default", CreateTime: "2026-04-01T12:00:00Z"})
	}
	for _, id := range chaosPeople[2:] {
		c.slack.SetPerson(sandbox.Person{ID: id, Name: strings.ToLower(id), RealName: id, TeamID: "T0LOCAL"})
	}
	c.slack.SetGroupMembers("S01SRE", chaosPeople[:]...)
	members := append([]string{dev, chen}, chaosPeople[:]...)
	c.slack.SetChannel(sandbox.Channel{ID: incident, Name: "inc-2041", Creator: "U0INCBOT", Members: members,
		BotMember: true})
	c.slack.SetChannel(sandbox.Channel{ID: ops, Name: "ops", Creator: "U0BO", Members: members, BotMember: true})
	for i := range 4 { // a channel takes one message a second
		id := fmt.Sprintf("C0CHAOS%d", i)
		c.slack.SetChannel(sandbox.Channel{ID: id, Name: fmt.Sprintf("inc-300%d", i), Creator: "U0INCBOT",
			Members: members, BotMember: true})
		c.channels = append(c.channels, id)
	}
	require.NoError(t, policy.Install(c.config.Policy, []byte(rules+leadsMay+removals)))
	t.Cleanup(func() {
		require.NotContains(t, c.log.String(), "panic", "seed %d", seed)
		if name := os.Getenv("LBBOT_CHAOS_LOG"); name != "" && t.Failed() {
			require.NoError(t, os.WriteFile(name, []byte(c.log.String()), 0o600))
		}
	})
	return c
}

func chaosID(i int) string   { return fmt.Sprintf("i-c%04d", i) }
func chaosName(i int) string { return fmt.Sprintf("chaos-%04d", i) }

// pause waits without holding up the end of ctx; it reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// server takes a server nobody asked for yet.
func (c *chaos) server() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	return c.next - 1
}

// preview types until a preview comes, as people do while nothing answers.
func (c *chaos) preview(ctx context.Context, person, channel string, server int) (sandbox.Message, bool) {
	for ctx.Err() == nil {
		text := listener + " " + chaosName(server) + ` reason="chaos"`
		if m, ok := c.shown(ctx, person, channel, text, "Preview", "*Add*", chaosName(server)); ok {
			return m, true
		}
		pause(ctx, 100*time.Millisecond)
	}
	return sandbox.Message{}, false
}

// shown types a command and waits a moment for what is shown to that person alone.
func (c *chaos) shown(ctx context.Context, person, channel, text string, parts ...string) (sandbox.Message, bool) {
	c.mu.Lock()
	c.typed++
	c.mu.Unlock()
	c.slack.TypeCommand(ctx, person, channel, command, text)
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	m, err := c.slack.WaitMessage(within, channel, person, func(m sandbox.Message) bool {
		return m.Ephemeral && !m.Deleted && has(m, parts...)
	})
	return m, err == nil
}

// takesOff has the person take the server off again once it was added: as an undo of
// their request, or as a removal. Nobody insists if it was not added.
func (c *chaos) takesOff(ctx context.Context, a chaosAsk, server int, random *rand.Rand) {
	ref := refOf(c.t, a.preview)
	for try := 0; try < 3 && pause(ctx, 500*time.Millisecond); try++ {
		if !c.added(a.channel, ref) {
			continue
		}
		text := "undo " + ref
		if random.IntN(2) == 0 {
			text = "remove " + listener + " " + chaosName(server)
		}
		preview, ok := c.shown(ctx, a.person, a.channel, text, "Preview", "*Remove*", chaosName(server))
		if !ok {
			continue
		}
		a.preview, a.removal = preview, true
		in := c.sends(ctx, server, a)
		for again := 0; !in.Acked && again < 3 && pause(ctx, 300*time.Millisecond); again++ {
			in = c.sends(ctx, server, a)
		}
		return
	}
}

// added reports whether a card of the request says so.
func (c *chaos) added(channel, ref string) bool {
	return slices.ContainsFunc(c.cards(channel), func(m sandbox.Message) bool {
		return strings.HasPrefix(m.Text, "Added") && has(m, ref)
	})
}

// sends presses the button and remembers whether Slack was answered: from then
// on the bot owes an end.
func (c *chaos) sends(ctx context.Context, server int, a chaosAsk) sandbox.Interaction {
	button := "req_send"
	if has(a.preview, "approval_ask") {
		button = "approval_ask"
	}
	in := c.slack.Click(ctx, a.person, a.channel, a.preview.TS, button, "")
	c.mu.Lock()
	defer c.mu.Unlock()
	key := deedOn(a.removal, chaosID(server))
	a.acked = in.Acked || c.clicked[key].acked
	c.clicked[key] = a
	return in
}

// deedOn is what is done to a server, which people do once.
func deedOn(removal bool, server string) string {
	if removal {
		return "removal of " + server
	}
	return server
}

// operations reads the journal as it is now, whoever else has it open.
func (c *chaos) operations(ctx context.Context) []operation.Operation {
	c.t.Helper()
	store, err := journal.Open(ctx, journal.Config{URL: c.config.DatabaseURL, ReadOnly: true})
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, store.Close()) }()
	return readAll(ctx, c.t, store)
}

func readAll(ctx context.Context, t *testing.T, store *journal.Store) []operation.Operation {
	t.Helper()
	all, err := store.Search(ctx, journal.Filter{Limit: math.MaxInt})
	require.NoError(t, err)
	return all
}

// ended waits until every accepted operation is final and says so on its card.
// A channel takes one message a second, so that many cards take their time:
// within bounds how long none may get further.
// One whose every attempt was lost on the way needs the ten minutes of a proof,
// for which only a soak has the time: else it must say that it is not
// confirmed.
func (c *chaos) ended(within time.Duration) []operation.Operation {
	c.t.Helper()
	if soaking() {
		within += operation.ProofAfter + time.Minute
	}
	ctx, fewest, since := c.t.Context(), math.MaxInt, time.Now()
	for {
		ops := c.operations(c.t.Context())
		open := c.unfinished(ops)
		if len(open) == 0 {
			return ops
		}
		if len(open) < fewest {
			fewest, since = len(open), time.Now()
		}
		c.approves(ctx)
		if !pause(ctx, 250*time.Millisecond) || time.Since(since) > within {
			for _, o := range open {
				c.t.Log(o)
			}
			for _, channel := range c.channels {
				for _, m := range c.slack.Messages(channel, chen) {
					if has(m, "ap_yes") || m.Ephemeral {
						c.t.Log(m.TS, m.Ephemeral, m.Text, has(m, "ap_yes"))
					}
				}
			}
			require.FailNow(c.t, "not ended in time", "%d of %d operations, seed %d", len(open), len(ops), c.seed)
		}
	}
}

// unfinished names what is not over yet.
func (c *chaos) unfinished(ops []operation.Operation) []string {
	cards := c.byRef()
	var open []string
	for _, op := range ops {
		switch {
		case onlyReading(op) && !soaking() && len(cards[op.Ref]) > 0 &&
			strings.HasPrefix(cards[op.Ref][0].Text, "Not confirmed"):
		case !op.State.Final():
			open = append(open, fmt.Sprintf("%s %s is %s, %d attempts, %d looks, waits for %s until %s", op.Ref,
				op.Request.InstanceID, op.State, len(op.Attempts), op.Looks, op.WaitFor, op.WaitUntil))
		case len(cards[op.Ref]) == 0:
			open = append(open, op.Ref+" has no card")
		case !strings.HasPrefix(cards[op.Ref][0].Text, finalWord(op)):
			open = append(open, fmt.Sprintf("%s is %s, its card says %s", op.Ref, op.State, cards[op.Ref][0].Text))
		}
	}
	return open
}

// approves has a lead press Approve wherever it stands.
func (c *chaos) approves(ctx context.Context) {
	for _, channel := range c.channels {
		for _, m := range c.cards(channel) {
			if has(m, "ap_yes") {
				c.slack.Click(ctx, chen, channel, m.TS, "ap_yes", "")
			}
		}
	}
}

// onlyReading reports whether nothing more may be sent for an operation, and
// it waits for the proof that nothing was done.
func onlyReading(op operation.Operation) bool {
	lost := op.Unanswered()
	return op.State == operation.Unconfirmed && len(lost) > 0 && op.Looks > 0 &&
		(len(op.Attempts)-lost[0].Number >= operation.MaxRepeats ||
			time.Since(lost[0].SentAt) > operation.RepeatWithin || op.StopBy != "")
}

func finalWord(op operation.Operation) string {
	done, not := "Added", "Not added"
	if op.Change == operation.ChangeRemove {
		done, not = "Removed", "Not removed"
	}
	return map[operation.State]string{operation.Done: done, operation.NotDone: not,
		operation.NothingToDo: "Nothing to do"}[op.State]
}

// byRef are the public messages of the bot by the reference they show.
func (c *chaos) byRef() map[string][]sandbox.Message {
	cards := map[string][]sandbox.Message{}
	for _, channel := range c.channels {
		for _, m := range c.cards(channel) {
			if has(m, "LBR-") {
				ref := refOf(c.t, m)
				cards[ref] = append(cards[ref], m)
			}
		}
	}
	return cards
}

// books are what the listener shows in the end of what people did.
type books struct {
	created map[string]zenlayer.Backend // by backend id, without those that were there before
	there   map[string]int              // by server id
	removed map[string]bool             // backend ids whose removal says so
}

func (c *chaos) booked(operations []operation.Operation) books {
	before := map[string]bool{}
	for _, b := range zenlayertest.SampleData().Backends {
		before[b.BackendID] = true
	}
	k := books{map[string]zenlayer.Backend{}, map[string]int{}, map[string]bool{}}
	for _, b := range c.cloud.Backends() {
		if !before[b.BackendID] {
			k.created[b.BackendID] = b
			k.there[b.InstanceID]++
		}
	}
	for _, op := range operations {
		if op.Change == operation.ChangeRemove && op.State == operation.Done {
			k.removed[op.Target.BackendID] = true
		}
	}
	return k
}

// balances requires that the books agree: the journal, the listener and the
// channel tell of each operation the same, once. On the listener is what was added
// and not removed.
func (c *chaos) balances(operations []operation.Operation) {
	c.t.Helper()
	k := c.booked(operations)
	for token, n := range c.cloud.EffectsByToken() {
		require.Equal(c.t, 1, n, "token %s created more than one backend, seed %d", token, c.seed)
	}
	for id, n := range k.there {
		require.Equal(c.t, 1, n, "%s is on the listener more than once, seed %d", id, c.seed)
	}
	left := maps.Clone(k.created)
	states, cards, accepted := map[string]int{}, c.byRef(), map[string]bool{}
	for _, op := range operations {
		removal := op.Change == operation.ChangeRemove
		states[finalWord(op)+"/"+string(op.Reason)+string(op.Evidence)]++
		accepted[deedOn(removal, op.Request.InstanceID)] = true
		require.Len(c.t, cards[op.Ref], 1, "one card for %s, seed %d", op.Ref, c.seed)
		final := !onlyReading(op) || soaking()
		if final {
			require.True(c.t, op.State.Final(), "%s is %s, seed %d", op.Ref, op.State, c.seed)
			require.True(c.t, strings.HasPrefix(cards[op.Ref][0].Text, finalWord(op)), "%s is %s: %s", op.Ref,
				op.State, cards[op.Ref][0].Text)
		}
		if removal {
			c.removalAgrees(op, k)
			continue
		}
		if op.State != operation.Done { // not added, or not confirmed, which waits for the proof
			require.True(c.t, op.State == operation.NothingToDo || k.there[op.Request.InstanceID] == 0,
				"%s is %s (%s), and the listener shows it, seed %d", op.Ref, op.State, op.Reason, c.seed)
			continue
		}
		b, ok := k.created[op.BackendID]
		require.Equal(c.t, !k.removed[op.BackendID], ok, "%s says Added as %s: on the listener, or removed; seed %d",
			op.Ref, op.BackendID, c.seed)
		require.True(c.t, !ok || op.Request.InstanceID == b.InstanceID)
		delete(left, op.BackendID)
	}
	require.Empty(c.t, left, "backends that nobody was told of, seed %d", c.seed)
	require.Len(c.t, cards, len(operations), "cards of operations that were never accepted, seed %d", c.seed)
	for deed, a := range c.clicked {
		require.True(c.t, !a.acked || accepted[deed] || c.wasTold(a),
			"the click of %s on %s was acked and lost, seed %d", a.person, deed, c.seed)
	}
	trail := c.audited(operations)
	c.t.Logf("seed %d: %d events in an unbroken chain, %d commands typed, %d requests sent, %d accepted, %d "+
		"backends; ends: %v", c.seed, trail, c.typed, len(c.clicked), len(operations), len(k.there), states)
}

// removalAgrees requires that a removal says of its entry what the listener shows.
func (c *chaos) removalAgrees(op operation.Operation, k books) {
	c.t.Helper()
	_, there := k.created[op.Target.BackendID]
	switch op.State {
	case operation.Done, operation.NothingToDo:
		require.False(c.t, there, "%s says Removed, and the listener shows it, seed %d", op.Ref, c.seed)
	default: // not removed, or not confirmed, which waits for the proof
		require.True(c.t, there || k.removed[op.Target.BackendID],
			"%s is %s (%s), and the listener does not show it, seed %d", op.Ref, op.State, op.Reason, c.seed)
	}
}

// wasTold reports whether a person learned, after a click, that nothing was
// accepted or that it could not be found out.
func (c *chaos) wasTold(a chaosAsk) bool {
	ref := refOf(c.t, a.preview)
	for _, m := range c.slack.Messages(a.channel, a.person) {
		if m.Ephemeral && (strings.HasPrefix(m.Text, "Not sent") && m.TS > a.preview.TS ||
			has(m, "could not find out whether "+ref+" was accepted")) {
			return true
		}
	}
	return false
}

// audited requires that the chain of the audit trail is unbroken, and that it
// tells of the acceptance and the end of each operation once. It returns how
// many events there are.
func (c *chaos) audited(operations []operation.Operation) int64 {
	c.t.Helper()
	store, err := journal.Open(c.t.Context(), journal.Config{URL: c.config.DatabaseURL, ReadOnly: true})
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, store.Close()) }()
	trail, err := audit.Verify(c.t.Context(), store, audit.Expected{})
	require.NoError(c.t, err)
	require.Nil(c.t, trail.Break, "the chain is broken, seed %d", c.seed)
	for _, op := range operations {
		events, err := store.Events(c.t.Context(), op.ID)
		require.NoError(c.t, err)
		times := map[string]int{}
		for _, e := range events {
			times[e.Kind]++
		}
		require.Equal(c.t, 1, times[operation.EventAccepted], "acceptances of %s, seed %d", op.Ref, c.seed)
		if op.State.Final() {
			require.Equal(c.t, 1, times[operation.EventFinished], "ends of %s, seed %d", op.Ref, c.seed)
		}
	}
	return trail.Head.Position
}
